"""News that never was, for the tests: texts, pages and WARC files, the same for the same seed."""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

NOUN_LINES = (
    "harbour council quay ferry minister school bridge inquiry winter budget hospital teacher engine valley railway inspector storm market bakery",
    "library festival farmer river mayor clerk station museum captain nurse bicycle tower garden orchard lantern ledger parish theatre signal tunnel",
    "quarry forest island village cathedral workshop printer courier cellar choir stable brewery weaver pier lighthouse meadow granary mill surgeon",
)
VERB_LINES = (
    "opened closed repaired counted delayed visited praised measured painted lifted carried refused promised examined delivered announced welcomed",
    "questioned inspected borrowed followed warned cleared blocked rebuilt drained guarded insured",
)
NOUNS = [noun for line in NOUN_LINES for noun in line.split()]
VERBS = [verb for line in VERB_LINES for verb in line.split()]
PLACES = [
    "Aldermoor",
    "Brackwater",
    "Cawston",
    "Dunsel",
    "Eastrey",
    "Farholm",
    "Gosmere",
    "Hallow",
    "Inkerby",
    "Jutwell",
    "Kelding",
    "Larkstone",
]


def paragraph(chance: random.Random, sentences: int) -> str:
    """Return a paragraph whose five-word runs are hardly ever found in another."""
    said = []
    for _ in range(sentences):
        one, two, three, four = (chance.choice(NOUNS) for _ in range(4))
        said.append(
            f"In {chance.choice(PLACES)} the {one} {chance.choice(VERBS)} the {two} beside the {three}, and {chance.randint(3, 980)} people "
            f"from the {four} {chance.choice(VERBS)} it on the {chance.randint(2, 28)}th."
        )
    return " ".join(said)


def text(seed: int, *, paragraphs: int = 4, sentences: int = 4) -> str:
    """Return an article's text of its own."""
    chance = random.Random(seed)
    return "\n\n".join(paragraph(chance, sentences) for _ in range(paragraphs))


def first_paragraphs(body: str, count: int) -> str:
    return "\n\n".join(body.split("\n\n")[:count])


def row(seed: int, **fields: Any) -> dict[str, Any]:
    """Return a JSON row with a text of its own; `fields` win."""
    return {"text": text(seed), **fields}


def page(
    body: str, *, title: str, advertisement: str = "Tents, half price, this week only.", head: str = "", charset: str = "utf-8"
) -> str:
    """Return a page as newspapers make them: navigation, an article, an advertisement, a footer."""
    paragraphs = "\n".join(f"<p>{paragraph}</p>" for paragraph in body.split("\n\n"))
    return f"""<!doctype html>
<html lang="en"><head><meta charset="{charset}"><title>{title} | The Aldermoor Post</title>{head}</head>
<body><nav><ul><li><a href="/news">News</a></li><li><a href="/sport">Sport</a></li><li><a href="/weather">Weather</a></li></ul></nav>
<main><article><h1>{title}</h1>
{paragraphs}
</article></main>
<aside class="advertisement"><p>{advertisement}</p></aside>
<footer><p>All rights reserved. <a href="/terms">Terms</a> <a href="/privacy">Privacy</a></p></footer></body></html>
"""


def write_rows(path: Path, rows: Iterable[Mapping[str, Any] | str | bytes]) -> Path:
    """Write JSON lines, gzipped by the ending; strings and bytes are written as they are."""
    lines = [line if isinstance(line, bytes) else (line if isinstance(line, str) else json.dumps(line)).encode() for line in rows]
    content = b"".join(line + b"\n" for line in lines)
    path.write_bytes(gzip.compress(content, mtime=0) if path.name.endswith(".gz") else content)
    return path


def base64_of(payload: bytes) -> str:
    return base64.b64encode(payload).decode()


def warc_record(
    kind: str,
    *,
    url: str,
    payload: bytes,
    date: str = "2026-03-01T08:00:00Z",
    number: int = 1,
    media: str = "text/html",
    status: str = "200 OK",
    http_headers: Sequence[tuple[str, str]] = (),
) -> bytes:
    """Return one record, uncompressed, as an archiving crawler writes it."""
    buffer = io.BytesIO()
    writer = WARCWriter(buffer, gzip=False, warc_version="WARC/1.1")
    http = StatusAndHeaders(status, [("Content-Type", media), *http_headers], protocol="HTTP/1.1") if kind == "response" else None
    record = writer.create_warc_record(
        url,
        kind,
        payload=io.BytesIO(payload),
        length=len(payload),
        http_headers=http,
        warc_content_type="" if kind == "response" else media,
        warc_headers_dict={"WARC-Date": date, "WARC-Record-ID": f"<urn:uuid:00000000-0000-4000-8000-{number:012d}>"},
    )
    writer.write_record(record)
    return buffer.getvalue()


def bare_record(*headers: tuple[str, str], block: bytes = b"", version: str = "WARC/1.0") -> bytes:
    """Return a record with these headers and no others, however wrong."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{version}\r\n{lines}\r\n".encode() + block + b"\r\n\r\n"


def members(records: Iterable[bytes]) -> bytes:
    """Return records as WARC files are gzipped: a member each."""
    return b"".join(gzip.compress(record, mtime=0) for record in records)
