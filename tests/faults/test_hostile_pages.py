"""Hostile pages through the real load: each ends in time and within its limits, its peers are read, and raw keeps it for another try.

MUTATED_PAGES=N loads another number of mutated pages than 2,000.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import hostile_pages as hostile
import pytest
import synthetic_news as made
from processes import Done
from warcio.archiveiterator import ArchiveIterator

from tasks import workers
from tasks.core.captures import record_of
from tasks.core.ids import payload_digest
from tasks.core.records import Given, RawRecord, Received
from tasks.home import Home, open_home
from tasks.read_rows import ReadArticle
from tasks.resources import newsroom_lists
from tasks.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "seeds" / "demo"
SHARED = ROOT.parent / "shared" / "data" / "extraction"
AT = datetime(2026, 3, 17, tzinfo=UTC)
MUTATED_PAGES = int(os.environ.get("MUTATED_PAGES", "2000"))
LOAD_PAGES = 400  # pages a load
PEERS_EVERY = 10  # a sound page among so many
REAL_PAGES = 60  # of the labelled ones, where they are at hand
END_S = 15  # seconds within which any page must end, on a busy machine too
OUT_OF_LIMITS = frozenset({"timeout", "memory", "crashed"})
REASONS = frozenset(
    {"binary", "empty", "too_large", "too_deep", "too_short", "index_page", "consent_wall", "bot_wall", "soft_404", "media_type"}
)
PEER_COLUMNS = "url, title, text, authors, published_at, published_date, published_source, language, version_id, outlet"

Rows = Callable[..., list[tuple[Any, ...]]]
Run = Callable[..., Done]

pytestmark = pytest.mark.slow


def sound_page(seed: int) -> bytes:
    head = f'<meta property="article:published_time" content="2026-03-{seed % 28 + 1:02d}T08:00:00Z"><meta name="author" content="Ann Lee">'
    return made.page(made.text(seed), title=f"Sound report {seed}", head=head).encode()


def bases() -> list[bytes]:
    """Return the pages that are mutated: the demo's, made ones, and real ones where they are at hand."""
    pages = [path.read_bytes() for path in sorted(DEMO.rglob("*.html"))] + [sound_page(seed) for seed in range(20)]
    for path in sorted(SHARED.glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            pages += [json.loads(line)["html"].encode("utf-8", "replace") for line in islice(lines, 0, None, 8)][: REAL_PAGES // 3]
    return pages


def page_row(page: bytes, name: str) -> dict[str, str]:
    return {
        "html_base64": made.base64_of(page),
        "url": f"https://{name.split()[0]}.example/{name.split()[-1]}",
        "id": name,
        "captured": "2026-03-17T00:00:00Z",
    }


def peers(count: int) -> list[dict[str, str]]:
    return [page_row(sound_page(1_000 + number), f"sound {number}") for number in range(count)]


def mixed(pages: Sequence[dict[str, str]], among: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """Return pages with a sound one before each run of them."""
    result: list[dict[str, str]] = []
    rest = iter(pages)
    for peer in among:
        result += [peer, *islice(rest, PEERS_EVERY - 1)]
    return [*result, *rest]


def assert_peers_read_as_alone(home: Home, sound: Sequence[dict[str, str]], run: Run, rows: Rows, folder: Path) -> None:
    alone = open_home(folder / "alone")
    made.write_rows(folder / "alone.jsonl", sound)
    assert run("load", folder / "alone.jsonl", home=alone).code == 0
    asked = f"select {PEER_COLUMNS} from articles where starts_with(source_id, 'sound') order by source_id"
    assert len(rows(alone, asked)) == len(sound)
    assert rows(home, asked) == rows(alone, asked)


def test_mutated_pages_all_end_in_the_ledger_and_lose_no_peer(run: Run, rows: Rows, home: Home, tmp_path: Path) -> None:
    pages = bases()
    mutated = [page_row(hostile.mutated(pages[seed % len(pages)], seed), f"mutated {seed}") for seed in range(MUTATED_PAGES)]
    sound = peers(MUTATED_PAGES // PEERS_EVERY)
    given = mixed(mutated, sound)
    for start in range(0, len(given), LOAD_PAGES):
        slice_of = made.write_rows(tmp_path / "pages.jsonl", given[start : start + LOAD_PAGES])
        done = run("load", slice_of, home=home, COPYDESK_WORKERS="2")
        assert done.code == 0, f"pages from {start} on: {done.err}"
    states = rows(home, "select url, state, reason from ledger")
    assert sorted(url for url, _, _ in states) == sorted(page["url"] for page in given), "a row for each page"
    assert {state for _, state, _ in states} == {"loaded", "rejected"}
    assert {reason for _, state, reason in states if state == "rejected"} <= REASONS, Counter(reason for _, _, reason in states)
    assert rows(home, "select count(*) from captures") == [(len(given),)]
    assert_peers_read_as_alone(home, sound, run, rows, tmp_path)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[workers.Readers]:
    """Two readers under the limits of a home without settings."""
    settings = Settings()
    limits = workers.Limits(timeout_s=settings.read_timeout_s, memory_mb=settings.read_memory_mb)
    with workers.readers(2, newsroom_lists(tmp_path_factory.mktemp("seeds")), limits) as pool:
        pool.collect(pool.submit([record("warm", sound_page(1))] * 2))
        yield pool


def record(name: str, block: bytes, *, media: str = "text/html", is_http: bool = False) -> RawRecord:
    url = f"https://hazard.example/{name}"
    received = Received(
        url=url, target_uri=url, source_id=name, content_type=media, is_http=is_http, block=block, given=Given(), captured_at=AT
    )
    capture = record_of(received, AT).capture
    return RawRecord(capture=capture, given=received.given, content_type=media, block=block)


def http_block(encoding: str, headers: Sequence[tuple[str, str]], body: bytes) -> bytes:
    said = [("Content-Type", "text/html"), *([("Content-Encoding", encoding)] if encoding else []), *headers]
    return b"HTTP/1.1 200 OK\r\n" + "".join(f"{name}: {value}\r\n" for name, value in said).encode() + b"\r\n" + body


def assert_ends_and_spares_its_peers(pool: workers.Readers, hazard: RawRecord) -> None:
    before, after = record("before", sound_page(2)), record("after", sound_page(3))
    start = time.monotonic()
    first, found, last = pool.collect(pool.submit([before, hazard, after]))
    took_s = time.monotonic() - start
    assert took_s < END_S
    assert isinstance(first, ReadArticle)
    assert isinstance(last, ReadArticle)
    assert (first.version["title"], last.version["title"]) == ("Sound report 2", "Sound report 3")
    assert isinstance(found, ReadArticle) or found.reason in REASONS | OUT_OF_LIMITS
    assert isinstance(found, ReadArticle) or found.capture_id == hazard.capture.capture_id


@pytest.mark.parametrize("name", hostile.HAZARDS)
def test_a_hazard_page_ends_in_time_and_spares_its_peers(name: str, pool: workers.Readers) -> None:
    assert_ends_and_spares_its_peers(pool, record("page", hostile.HAZARDS[name]()))


@pytest.mark.parametrize("name", hostile.TEXTS)
def test_a_hazard_text_ends_in_time_and_spares_its_peers(name: str, pool: workers.Readers) -> None:
    assert_ends_and_spares_its_peers(pool, record("text", hostile.TEXTS[name]().encode(), media="text/plain"))


@pytest.mark.parametrize("name", hostile.ENCODED)
def test_a_hazard_response_ends_in_time_and_spares_its_peers(name: str, pool: workers.Readers) -> None:
    encoding, headers, body = hostile.ENCODED[name]
    assert_ends_and_spares_its_peers(
        pool, record("response", http_block(encoding, headers, body()), media="application/http", is_http=True)
    )


REFUSED = {
    "divs, 100,000 deep": "too_deep",
    "divs, 3,990 deep, 70 times": "too_deep",
    "paragraphs, 10 MB, identical": "too_large",
    "paragraphs, 700,000, never closed": "too_large",
    "options, 300,000, never closed": "timeout",
    "script within scripts": "empty",
    "a picture": "binary",
    "one byte": "too_short",
}


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Home:
    """A home that hazards were loaded into with sound pages among them, by the command, one batch for all."""
    folder = tmp_path_factory.mktemp("hazards")
    pages = [page_row(hostile.HAZARDS[name](), f"hazard {number}") for number, name in enumerate(REFUSED)]
    given = [row for pair in zip(pages, peers(len(pages)), strict=True) for row in pair]
    home = open_home(tmp_path_factory.mktemp("home"))
    done = run("load", made.write_rows(folder / "pages.jsonl", given), home=home, COPYDESK_WORKERS="2")
    assert done.code == 0, done.err
    return home


def test_a_refused_page_says_why_in_rejects_and_ledger(refused: Home, rows: Rows) -> None:
    wanted = [(f"hazard {number}", reason) for number, reason in enumerate(REFUSED.values())]
    assert sorted(rows(refused, "select source_id, reason from rejects")) == wanted
    assert sorted(rows(refused, "select source_id, reason from ledger where state = 'rejected'")) == wanted
    details = [detail for (detail,) in rows(refused, "select detail from rejects")]
    assert not any(str(refused.root) in detail or "/" in detail for detail in details)


def test_peers_of_refused_pages_read_as_they_do_alone(refused: Home, run: Run, rows: Rows, tmp_path: Path) -> None:
    assert_peers_read_as_alone(refused, peers(len(REFUSED)), run, rows, tmp_path)


def test_the_bytes_of_a_refused_page_can_be_read_back_from_raw(refused: Home, rows: Rows) -> None:
    captures = rows(
        refused, "select source_id, segment, segment_offset, digest, body_bytes from captures where starts_with(source_id, 'hazard')"
    )
    bodies = {f"hazard {number}": hostile.HAZARDS[name]() for number, name in enumerate(REFUSED)}
    assert len(captures) == len(bodies)
    for source_id, segment, offset, digest, size in captures:
        with (refused.root / segment).open("rb") as file:
            file.seek(offset)
            payload = next(iter(ArchiveIterator(file))).content_stream().read()
        assert payload == bodies[source_id]
        assert (payload_digest(payload), len(payload)) == (digest, size)


@pytest.mark.parametrize(
    ("setting", "tiny", "hazard", "reason"),
    [
        ("COPYDESK_READ_TIMEOUT_S", "0.3", "paragraphs, 2 MB, identical", "timeout"),
        ("COPYDESK_READ_MEMORY_MB", "90", "line of 2.9 MB", "memory"),
    ],
    ids=["time", "memory"],
)
def test_a_second_try_under_higher_limits_takes_a_page_from_raw(
    setting: str, tiny: str, hazard: str, reason: str, home: Home, run: Run, rows: Rows, tmp_path: Path
) -> None:
    made.write_rows(tmp_path / "a.jsonl", [page_row(hostile.HAZARDS[hazard](), "hazard 1"), *peers(2)])
    assert run("load", tmp_path / "a.jsonl", home=home, **{setting: tiny}).code == 0
    assert rows(home, "select source_id, stage, reason from rejects") == [("hazard 1", "extract", reason)]
    assert rows(home, "select count(*) from articles") == [(2,)]
    assert run("load", tmp_path / "a.jsonl", home=home).code == 0
    assert rows(home, "select count(*) from articles") == [(2,)], "what is known is not read again by itself"
    assert run("replay", home=home).code == 0
    assert rows(home, "select count(*) from rejects") == [(0,)]
    assert sorted(rows(home, "select source_id, state from ledger")) == [
        ("hazard 1", "loaded"),
        ("sound 0", "loaded"),
        ("sound 1", "loaded"),
    ]


def test_mutations_are_the_same_for_the_same_seed() -> None:
    page = sound_page(1)
    assert [hostile.mutated(page, seed) for seed in range(40)] == [hostile.mutated(page, seed) for seed in range(40)]
    assert len({hostile.mutated(page, seed) for seed in random.Random(1).sample(range(10_000), 40)}) > 30
