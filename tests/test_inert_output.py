"""Inert output: whatever stands in whatever field of whatever input arrives as text, and moves nothing on the terminal.

Fields are taken from the schema and from the reader of inputs: a new one fails here until it has a place.
"""

from __future__ import annotations

import csv
import html
import io
import json
import logging
import os
import re
import socketserver
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
import synthetic_news as made
import typer
from processes import COMMAND, Done, shown_on_terminal
from published import public_views, snapshot

from flows.cli.context import Context, set_up_logging
from flows.cli.main import app
from tasks.core.input_rows import KNOWN
from tasks.home import Home

Asked = Callable[..., list[tuple[Any, ...]]]
Run = Callable[..., Done]

ESCAPED = "copydesk-escaped"  # what no file may be called afterwards
PAYLOADS = {
    "script": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "markdown": "[a](javascript:alert(3)) ![p](https://evil.example/p.png) `c` | d | [bold red]r[/]",
    "colour and cursor": "a\x1b[31mred\x1b[2J\x1b[1;1H\x1b[?1049hz",
    "link, clipboard, title": "a\x1b]8;;https://evil.example\x1b\\l\x1b]8;;\x07\x1b]52;c;ZXZpbA==\x07\x1b]0;t\x07z",
    "device control": "a\x1bP$q\x1b\\\x1b_apc\x1b\\\x1b^pm\x1b\\\x1bcz",
    "eight-bit controls": "a\x9b2Jb\x9d0;t\x9cc\x90q\x9cz",
    "direction": "a\u202eevil\u202cb\u2066x\u2069c\u200f\u200e\u061cz",
    "no width": "a\u200bb\u200dc\u2060d\ufeffe\u00adf\U000e0041z",
    "overwriting": "good\revil\b\b\b\x07\x0c\x0b\x7fz",
    "line ends": "a\u2028b\u2029c\x85d\x1ce\nf\r\ncopydesk: all is wellz",
    "formula": '=HYPERLINK("https://evil.example";"x")',
    "formula of a command": "@SUM(1+1)*cmd|' /C calc'!A0",
    "path": f"../../../../../{ESCAPED}",
    "absolute path": f"/tmp/{ESCAPED}",
    "sql": f"'; drop table store.versions; copy (select 1) to '/tmp/{ESCAPED}'; --",
    "sql in double quotes": '" union select $1, ?, %s, {0}; --',
    "json": '"},{"evil": "\\u0000\\", \\n',
    "zero": "a\x00b",
    "surrogate": "a\ud800b",
}
NO_ARGUMENT = frozenset({"zero", "surrogate"})  # which no system hands to a command
META = {  # field of a page: its markup, %s the payload as it is escaped there
    "title": "<title>%s</title>",
    "og:title": '<meta property="og:title" content="%s">',
    "description": '<meta name="description" content="%s">',
    "author": '<meta name="author" content="%s">',
    "published": '<meta property="article:published_time" content="%s">',
    "canonical": '<link rel="canonical" href="%s">',
    "site": '<meta property="og:site_name" content="%s">',
    "json-ld": '<script type="application/ld+json">%s</script>',
}
VIEWS = [
    "articles", "batches", "blocks", "captures", "copies", "entries", "entry_sightings", "entry_states", "feed_health", "feed_readings", "feeds", "ledger",
    "ledger_summary", "matches", "outbox", "outlets", "partitions", "polling_health", "polls", "rejects", "stories", "story_aliases", "story_members", "version_captures",
    "versions",
]  # fmt: skip
POLITE = {"COPYDESK_ALLOW_HOSTS": "127.0.0.1", "COPYDESK_HOST_GAP_S": "0"}  # to a server of our own
INPUT_FIELDS = [*sorted(KNOWN), "unknown field", "unknown name"]
KEPT = {  # field: column that keeps what was given to the letter
    "id": "captures.source_id", "outlet": "captures.outlet", "title": "versions.title", "dek": "versions.dek", "published": "versions.published_raw",
}  # fmt: skip
READ = {"text": "versions.text", "html": "versions.text", "html_base64": "versions.text"}  # that holds its words
REFUSED = frozenset({"captured"})  # a time that is none: a reject that says what was given
CHOSEN = frozenset({"authors", "language"})  # of which the reader takes what is a name or a language


def moving(text: str) -> set[str]:
    """Return the characters of a text that a terminal would obey."""
    found = {letter for letter in set(text) - {"\n", "\t"} if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")}
    return found | (set(text) & set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"))


MOVING = [name for name, payload in PAYLOADS.items() if moving(payload)]  # what the looks at every command and page are about
CASES = [pytest.param(field, name, id=f"{field}: {name}") for field in INPUT_FIELDS for name in PAYLOADS]


def stored(payload: str) -> str:
    """Return what is kept of a payload: trimmed, and a lone surrogate as a question mark."""
    return payload.replace("\ud800", "?").strip()


def words(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def input_row(field: str, name: str, seed: int) -> dict[str, Any]:
    payload, text = PAYLOADS[name], made.text(seed, paragraphs=2, sentences=2)
    row: dict[str, Any] = {"id": f"{field}: {name}", "outlet": "Plain"}
    if field in ("html", "html_base64"):
        page = made.page(f"{text}\n\nThe clerk read {html.escape(stored(payload))} to the council.", title="A page")
        return {**row, field: page if field == "html" else made.base64_of(page.encode())}
    said = f"{text}\n\nThe clerk read {payload} to the council."
    values = {
        "text": {},
        "url": {"url": f"https://paper.example/{seed}/{payload}"},
        "unknown field": {"note": payload},
        "unknown name": {payload: 1},
    }
    return {**row, "text": said if field == "text" else text, **values.get(field, {field: payload})}


def shown_in_stories(name: str) -> str:
    """Return a payload without zero bytes, which make a text none."""
    return stored(PAYLOADS[name]).replace("\0", "zero")


def carriers(name: str, seed: int) -> Iterator[dict[str, Any]]:
    """Yield a report, its copy and a later version of the copy, the payload in all that they show."""
    payload, text = shown_in_stories(name), made.text(seed, paragraphs=3, sentences=3)
    said = f"{text}\n\nThe clerk read {payload} to the council, and the council heard it without a word."
    for site, hour, body in (
        ("wire", 8, said),
        ("echo", 10, said),
        ("echo", 11, f"{said}\n\nLater the mayor read {payload} once more to the crowd."),
    ):
        yield {
            "url": f"https://{site}.example/{seed}", "outlet": f"{site} {payload}", "title": f"{payload} {site}", "authors": [f"Ada {payload}"], "text": body,
            "published": f"2026-03-01T{8 if site == 'wire' else 9:02d}:00:00Z", "captured": f"2026-03-01T{hour:02d}:00:00Z",
        }  # fmt: skip


def hostile_page(field: str, name: str, seed: int) -> str:
    payload = stored(PAYLOADS[name])
    value = (
        json.dumps({"@type": "NewsArticle", "headline": payload, "author": {"name": payload}, "datePublished": payload})
        if field == "json-ld"
        else payload
    )
    escaped = value.replace("<", "\\u003c") if field == "json-ld" else html.escape(value)
    return made.page(made.text(seed, paragraphs=2, sentences=2), title="A page", head=META[field].replace("%s", escaped))


def file_name(name: str) -> bytes:
    """Return a payload as the name of a file."""
    return PAYLOADS[name].replace("/", "").replace("\0", "").replace("..", "").encode("utf-8", "surrogatepass")


def header(payload: str) -> str:
    """Return a payload as it can stand in one line of a WARC header."""
    return re.sub(r"[\r\n]", "", stored(payload))


def hostile_records(name: str, seed: int) -> Iterator[bytes]:
    """Yield records with the payload in the address, the record's id, its type, its date, and the head of its HTTP message."""
    payload, body = header(PAYLOADS[name]), made.text(seed, paragraphs=2, sentences=2).encode()
    plain = {
        "WARC-Type": "resource", "WARC-Target-URI": f"https://crawl.example/{seed}", "WARC-Date": "2026-03-01T08:00:00Z",
        "WARC-Record-ID": f"<urn:record:{seed}>", "Content-Type": "text/plain",
    }  # fmt: skip
    for place, (changed, value) in enumerate(
        {
            "WARC-Target-URI": f"https://crawl.example/{seed}/{payload}", "WARC-Record-ID": f"<urn:{payload}>", "Content-Type": f"text/plain; charset={payload}",
            "WARC-Date": payload, "WARC-Type": payload,
        }.items()
    ):  # fmt: skip
        headers = {**plain, "WARC-Target-URI": f"https://crawl.example/{seed}/{place}", changed: value, "Content-Length": str(len(body))}
        yield made.bare_record(*headers.items(), block=body)
    http = f"HTTP/1.1 200 {payload}\r\nContent-Type: text/plain; {payload}\r\nX-{payload}: {payload}\r\n\r\n".encode() + body
    headers = {
        **plain,
        "WARC-Type": "response",
        "WARC-Target-URI": f"https://crawl.example/{seed}/http",
        "Content-Type": "application/http",
    }
    yield made.bare_record(*headers.items(), ("Content-Length", str(len(http))), block=http)


def hostile_feed(name: str, place: int, site: str) -> dict[str, Any]:
    """Return a JSON feed with the payload in every field of the feed and of its entry."""
    payload = PAYLOADS[name]
    return {
        "version": "https://jsonfeed.org/version/1.1", "title": payload, "language": payload, "home_page_url": f"{site}/home/{payload}", "description": payload,
        "items": [
            {
                "id": payload, "url": f"{site}/page/{place}/{payload}", "title": payload, "summary": payload, "language": payload, "date_published": payload,
                "content_text": f"The clerk read {payload} to the council.", "authors": [{"name": payload}], "tags": [payload],
            },
        ],
    }  # fmt: skip


class Hostiles(socketserver.StreamRequestHandler):
    """A site whose feeds are hostile, whose headers are, and whose pages lead to hostile addresses or are no HTTP."""

    def handle(self) -> None:
        site = f"http://127.0.0.1:{self.connection.getsockname()[1]}"
        path = self.rfile.readline().decode("latin-1").split(" ")[1]
        while self.rfile.readline().strip():
            pass
        _, kind, number = path.split("/")[:3] if path.count("/") > 1 else ("", path, "0")
        name = list(PAYLOADS)[int(number)]
        said = header(PAYLOADS[name]).replace("\0", "").encode().decode("latin-1")
        status, body, fields = "404 Not Found", "", f"X-Said: {said}\r\n"
        if kind == "feed":
            fields += (
                f"ETag: {said}\r\nLast-Modified: {said}\r\nCache-Control: {said}\r\nContent-Type: application/json; charset={said}\r\n"
            )
            status, body = f"200 {said}", json.dumps(hostile_feed(name, int(number), site))
        elif kind == "page" and int(number) % 2:
            status, fields = "302 Found", f"Location: {site}/gone/{number}/{said}\r\n"
        elif kind == "page":
            status = f"{said} {said}"
        self.wfile.write(f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(body)}\r\n\r\n{body}".encode("latin-1"))


@contextmanager
def hostile_site() -> Iterator[list[str]]:
    """Serve it on loopback, and give the addresses of its feeds, the payload in each."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Hostiles) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        site = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield [f"{site}/feed/{place}/" + ("" if name in NO_ARGUMENT else PAYLOADS[name]) for place, name in enumerate(PAYLOADS)]
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Hostile:
    """A home into which every payload was loaded through every field, of files and of feeds, and what the load, the poll and a backfill said."""

    home: Home
    folder: Path
    done: Done
    polled: Done
    backfilled: Done


def fill(folder: Path) -> None:
    seeds = iter(range(10_000))
    rows = [input_row(field, name, next(seeds)) for field in INPUT_FIELDS for name in PAYLOADS]
    rows += [row for place, name in enumerate(PAYLOADS) for row in carriers(name, 5_000 + place)]
    rows += [{"id": f"page {field}: {name}", "outlet": "Page", "url": f"https://page.example/{next(seeds)}", "html": hostile_page(field, name, next(seeds))} for field in META for name in MOVING]  # fmt: skip
    made.write_rows(folder / "rows.jsonl", rows)
    for name in PAYLOADS:
        below = Path(os.fsdecode(os.fsencode(folder) + b"/in " + file_name(name)))
        below.mkdir()
        for ending, content in ((b".txt", made.text(next(seeds), paragraphs=2)), (b".jsonl", "{"), (b".pdf", "foreign")):
            Path(os.fsdecode(os.fsencode(below) + b"/a " + file_name(name) + ending)).write_text(content, "utf-8")
        side = {field: PAYLOADS[name] for field in sorted(KNOWN) if field not in ("text", "html", "html_base64", "url", "captured")}
        (below / "side.txt").write_text(made.text(next(seeds), paragraphs=2), "utf-8")
        (below / "side.json").write_text(json.dumps(side), "utf-8")
    (folder / "crawl.warc").write_bytes(
        b"".join(record for place, name in enumerate(PAYLOADS) for record in hostile_records(name, 7_000 + place))
    )


def fill_archive(folder: Path) -> None:
    """Make partitions with the payloads in their names: a folder of texts, and a file that cannot be read."""
    for place, name in enumerate(PAYLOADS):
        below = Path(os.fsdecode(os.fsencode(folder) + b"/archive " + file_name(name)))
        below.mkdir()
        (below / "b.txt").write_text(made.text(9_000 + place, paragraphs=2), "utf-8")
        Path(os.fsdecode(os.fsencode(below) + b"/b " + file_name(name) + b".jsonl")).write_text("{", "utf-8")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, run: Run) -> Hostile:
    folder, root = tmp_path_factory.mktemp("in"), tmp_path_factory.mktemp("out") / "home"
    fill(folder)
    done = run(
        "--verbose",
        "load",
        folder,
        "--outlet",
        "".join(PAYLOADS[name] for name in PAYLOADS if name not in NO_ARGUMENT),
        home=root,
        cwd=folder,
    )
    with hostile_site() as feeds:
        added = run("feeds", "add", *feeds, "--outlet", header(PAYLOADS["colour and cursor"]), home=root)
        assert added.code == 0, added.err
        polled = run("--verbose", "poll", home=root, **POLITE)
    archive = tmp_path_factory.mktemp("archive")
    fill_archive(archive)
    backfilled = run("--verbose", "backfill", archive, home=root)
    return Hostile(Home(root=root, raw_root=root), folder, done, polled, backfilled)


@pytest.fixture(scope="module")
def asked(hostile: Hostile) -> Iterator[Asked]:
    """Rows of a query on a copy of what was published, so that commands in this process open it as if alone: asked(sql, *parameters)."""
    with snapshot(hostile.home) as connection:
        views = {view: connection.sql(f"from {view}").to_arrow_table() for view in VIEWS}
    with duckdb.connect() as copy:
        for view, rows in views.items():
            copy.register("given", rows)
            copy.execute(f"create table {view} as from given")
        yield lambda sql, *parameters: copy.execute(sql, parameters).fetchall()


def test_every_field_of_an_input_has_a_place_here() -> None:
    assert set(INPUT_FIELDS) == {*KEPT, *READ, *REFUSED, *CHOSEN, "url", "unknown field", "unknown name"}


def test_a_load_says_what_it_did_and_moves_nothing(hostile: Hostile) -> None:
    assert hostile.done.code == 3
    assert moving(hostile.done.out + hostile.done.err) == set()
    assert [line for line in hostile.done.errors if not line.startswith("copydesk: ")] == [], "nothing that was read forges a line"


def test_a_poll_says_what_it_did_and_moves_nothing(hostile: Hostile) -> None:
    assert (hostile.polled.code in (0, 3), moving(hostile.polled.out + hostile.polled.err)) == (True, set()), hostile.polled.err
    assert [line for line in hostile.polled.errors if not line.startswith("copydesk: ")] == [], "nothing that was read forges a line"


def test_a_backfill_says_what_it_did_and_moves_nothing(hostile: Hostile, call: Run) -> None:
    assert (hostile.backfilled.code, moving(hostile.backfilled.out + hostile.backfilled.err)) == (3, set()), hostile.backfilled.err
    assert [line for line in hostile.backfilled.errors if not line.startswith("copydesk: ")] == [], "nothing that was read forges a line"
    for words_before in ([], ["--json"]):
        shown = call(*words_before, "backfill", "--status", home=hostile.home)
        assert (shown.code, moving(shown.out + shown.err)) == (0, set())
    assert len(shown.out.splitlines()) == 2 * len(PAYLOADS)


@pytest.mark.parametrize("name", PAYLOADS)
def test_what_an_entry_says_arrives_as_text(asked: Asked, name: str) -> None:
    ((guid, title, text),) = asked("select guid, title, text from entries where contains(url, ?)", f"/page/{list(PAYLOADS).index(name)}/")
    payload = stored(PAYLOADS[name])
    assert (guid, words(title)) == (payload, words(payload))
    assert words(payload) in words(text)


@pytest.mark.parametrize(("field", "name"), CASES)
def test_what_was_given_arrives_as_text(asked: Asked, field: str, name: str) -> None:
    payload, place = stored(PAYLOADS[name]), f"{field}: {name}"
    if field in KEPT:
        table, column = KEPT[field].split(".")
        known = payload if field == "id" else place
        assert asked(f"select distinct {column} from {table} where source_id = ?", known) == [(payload,)]
    elif field in READ:
        read = asked("select text from versions where source_id = ?", place)
        assert [text for (text,) in read if words(payload) in words(text)]
    elif field in ("unknown field", "unknown name"):
        ((extra,),) = asked("select extra from captures where source_id = ?", place)
        kept = PAYLOADS[name].replace("\ud800", "?")
        assert json.loads(extra) == ({"note": kept} if field == "unknown field" else {kept: 1})
    elif field == "url":
        found = asked("select url from captures where source_id = ?", place)
        line = asked(
            "select detail from rejects where stage = 'load' and contains(detail, ?)",
            f"{INPUT_FIELDS.index('url') * len(PAYLOADS) + list(PAYLOADS).index(name)}/",
        )
        assert [url for (url,) in found if url.endswith(payload)] or line
    elif field in REFUSED:
        number = INPUT_FIELDS.index(field) * len(PAYLOADS) + list(PAYLOADS).index(name) + 1
        ((reason, detail),) = asked("select reason, detail from rejects where source_id = ?", f"rows.jsonl#{number}")
        assert (reason, moving(detail)) == ("bad_field", set())
    else:
        ((authors, language),) = asked("select authors, language from versions where source_id = ?", place)
        assert language == "en"
        assert [author for author in authors if words(author) not in words(payload)] == []


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_file_is_known_by_its_name(asked: Asked, name: str) -> None:
    below = file_name(name).decode("utf-8", "replace")
    assert asked("select count(*) from captures where source_id = ?", f"in {below}/a {below}.txt") == [(1,)]
    assert asked("select reason from rejects where source_id = ?", f"in {below}/a {below}.jsonl#1") == [("bad_json",)]
    assert asked("select count(*) from captures where source_id = ?", stored(PAYLOADS[name])) >= [(1,)], "the sidecar's id"


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_record_of_a_crawl_is_kept_or_refused_whatever_its_headers_say(asked: Asked, name: str) -> None:
    seed = 7_000 + list(PAYLOADS).index(name)
    found = asked("select url from captures where contains(url, ?) order by url", f"crawl.example/{seed}")
    assert f"https://crawl.example/{seed}/http" in [url for (url,) in found]


OURS = re.compile(r"[\w:;/.,#+ \-()'%\[\]]*")  # what our own words, ids, digests and paths are made of
OF_OTHERS = {  # columns that hold what others wrote, by the views that have them; every other text is ours
    "url", "final_url", "source_id", "outlet", "extra", "title", "dek", "authors", "text", "declared_canonical_url", "published_raw", "detail", "copied_from_outlet",
    "origin", "media_type", "segment", "payload", "resource", "contributors", "agency", "republished_from", "dateline_place", "guid", "summary", "site_url",
    "language", "asked_url", "etag", "last_modified", "dates", "spec", "place",
}  # fmt: skip
HOLD_A_PAYLOAD = [
    "captures.url", "captures.source_id", "captures.outlet", "captures.extra", "articles.title", "articles.dek", "articles.authors", "articles.text", "articles.url",
    "articles.outlet", "articles.source_id", "articles.published_raw", "versions.title", "versions.text", "blocks.text", "rejects.source_id", "rejects.detail", "ledger.url",
    "ledger.source_id", "stories.title", "copies.outlet", "copies.copied_from_outlet", "outlets.outlet", "feeds.url", "feeds.asked_url", "feeds.title",
    "feeds.outlet", "feeds.site_url", "feeds.language", "feeds.etag", "feeds.last_modified", "feed_health.url", "feed_health.title", "feed_readings.title",
    "entries.guid", "entries.url", "entries.title", "entries.summary", "entries.text", "entries.authors", "entries.language", "entries.published_raw",
    "entries.dates", "entry_states.guid", "entry_states.title", "polls.url", "polls.final_url", "polls.detail", "partitions.place",
]  # fmt: skip


def columns(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "select table_name, column_name from duckdb_columns() where schema_name = 'main' and not internal and not starts_with(table_name, 'int_') "
        "and (data_type in ('VARCHAR', 'JSON') or data_type like 'VARCHAR[%') order by all"
    ).fetchall()


def test_every_text_column_is_ours_or_known_to_hold_what_others_wrote(hostile: Hostile) -> None:
    with snapshot(hostile.home) as connection:
        for table, column in columns(connection):
            values = [value for (value,) in connection.execute(f'select distinct cast("{column}" as varchar) from "{table}"').fetchall()]
            foreign = [value for value in values if value is not None and not OURS.fullmatch(value)]
            assert column in OF_OTHERS or not foreign, f"{table}.{column}: {foreign[:1]}"


@pytest.mark.parametrize("place", HOLD_A_PAYLOAD)
def test_the_payloads_reach_the_column(asked: Asked, place: str) -> None:
    table, column = place.split(".")
    assert any(moving(str(value)) or "evil" in str(value) for (value,) in asked(f"select {column}::varchar from {table}"))


def test_every_view_is_asked_for(hostile: Hostile) -> None:
    with snapshot(hostile.home) as connection:
        assert public_views(connection) == VIEWS


def plain(value: Any) -> Any:
    return json.loads(json.dumps(value, default=str, ensure_ascii=True))


@pytest.mark.parametrize("view", [view for view in VIEWS if view != "polling_health"])  # which has no text
def test_a_query_gives_text_in_every_format(hostile: Hostile, call: Run, tmp_path: Path, view: str) -> None:
    with snapshot(hostile.home) as connection:
        texts = [column for table, column in columns(connection) if table == view]
        sql = f"select {', '.join(texts)} from {view} order by all"
        wanted = [list(row) for row in connection.execute(sql).fetchall()]
    table = call("query", sql, home=hostile.home)
    assert (table.code, moving(table.out), len(table.out.splitlines())) == (0, set(), len(wanted) + 2)
    for kind in ("json", "jsonl"):
        done = call("query", sql, "--format", kind, home=hostile.home)
        found = json.loads(done.out) if kind == "json" else [json.loads(line) for line in done.out.splitlines()]
        assert moving(done.out) == set()
        assert [list(row.values()) for row in found] == plain(wanted)
    read = list(csv.reader(io.StringIO(call("query", sql, "--format", "csv", home=hostile.home).out, newline="")))
    assert [
        [cell for cell, value in zip(row, values, strict=True) if not isinstance(value, list)]
        for row, values in zip(read[1:], wanted, strict=True)
    ] == [["" if value is None else value for value in values if not isinstance(value, list)] for values in wanted]
    safe = list(csv.reader(io.StringIO(call("query", sql, "--format", "csv", "--safe", home=hostile.home).out, newline="")))
    assert [cell for row in safe for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))] == []
    assert call("query", sql, "--output", str(tmp_path / "a.parquet"), home=hostile.home).code == 0
    assert [list(row.values()) for row in pq.read_table(tmp_path / "a.parquet").to_pylist()] == wanted


def test_a_safe_csv_defuses_names_of_columns_too(hostile: Hostile, call: Run) -> None:
    done = call("query", 'select 1 as "=1+1"', "--format", "csv", "--safe", home=hostile.home)
    assert done.out == "'=1+1\n1\n"


def strings(value: Any) -> Iterator[str]:
    """Yield every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from strings(entry)


@pytest.mark.parametrize("name", [*MOVING, "script", "sql", "json"])
def test_a_story_and_why_it_is_one_are_shown_as_text(hostile: Hostile, call: Run, name: str) -> None:
    seed = 5_000 + list(PAYLOADS).index(name)
    wire, echo = (f"https://{site}.example/{seed}" for site in ("wire", "echo"))
    for arguments in (["story", wire], ["explain", wire, echo], ["stories", "--topic", shown_in_stories(name)]):
        done = call(*arguments, home=hostile.home)
        assert (done.code, moving(done.out + done.err)) == (0, set()), arguments
        assert words(shown_in_stories(name))[:4] in words(done.out)


@pytest.mark.parametrize("command", ["story", "explain", "stories"])
def test_as_json_stories_hold_what_was_given_to_the_letter(hostile: Hostile, call: Run, command: str) -> None:
    for name in ["line ends"] if command == "stories" else ["line ends", "json", "eight-bit controls"]:
        seed = 5_000 + list(PAYLOADS).index(name)
        urls = [f"https://{site}.example/{seed}" for site in ("wire", "echo")]
        done = call("--json", command, *{"story": urls[:1], "explain": urls, "stories": ["--limit", "1000"]}[command], home=hostile.home)
        lines = [json.loads(line) for line in done.out.split("\n") if line]
        assert moving(done.out) == set()
        for payload in map(shown_in_stories, PAYLOADS if command == "stories" else [name]):
            assert any(payload in text for text in strings(lines))


ARGUMENTS: dict[str, Callable[[str, Path], list[list[str]]]] = {  # command: calls that say something of their arguments
    "load": lambda payload, folder: [["load", str(folder / f"no {payload}.txt")], ["load", payload, "--bogus"], ["load", ".", "--workers", payload]],
    "backfill": lambda payload, folder: [
        ["backfill", f"{folder}/no {payload}"], ["backfill", f"urls:{folder}/no {payload}"], ["backfill", f"sitemap:{payload}"], ["backfill", f"http://{payload}/"],
        ["backfill", ".", "--since", payload], ["backfill", "--dry-run", f"{folder}/no {payload}"], ["backfill", "--status", payload],
    ],
    "ingest": lambda payload, folder: [["ingest", payload]],
    "refresh": lambda payload, folder: [["refresh", payload]],
    "publish": lambda payload, folder: [["publish", payload]],
    "replay": lambda payload, folder: [["replay", payload]],
    "stories": lambda payload, folder: [["stories", "--since", payload], ["stories", "--topic", payload]],
    "story": lambda payload, folder: [["story", payload]],
    "explain": lambda payload, folder: [["explain", payload, payload]],
    "query": lambda payload, folder: [
        ["query", payload], ["query", f"select '{payload.replace(chr(39), chr(39) * 2)}'::integer"], ["query", "select 1", "--format", payload],
        ["query", "select 1 as \"{}\"".format(payload.replace('"', '""'))], ["query", "select 1", "--output", f"{folder}/none/{payload}"],
    ],
    "extract": lambda payload, folder: [
        ["extract", f"{folder}/no {payload}.html"], ["extract", "--url", payload, f"{folder}/none.txt"],
    ],
    "poll": lambda payload, folder: [["poll", payload], ["poll", f"ftp://{payload}"], ["poll", f"{folder}/no {payload}.opml"]],
    "feeds": lambda payload, folder: [
        ["feeds", payload], ["feeds", "add", payload], ["feeds", "add", "--discover", f"http:// {payload}/"], ["feeds", "remove", payload],
        ["feeds", "remove", f"http://paper.example/{payload}"], ["feeds", "list", payload], ["feeds", "list", "--all"], ["--json", "feeds", "list"],
        ["feeds", "check", payload, f"ftp://{payload}"], ["feeds", "import", f"{folder}/no {payload}.opml"], ["feeds", "import", f"http://{payload}"],
        ["feeds", "export", f"{folder}/none/{payload}"], ["--json", "feeds", "export"],
    ],
    "doctor": lambda payload, folder: [["doctor", payload]],
    "serve": lambda payload, folder: [["serve", "--port", payload], ["serve", payload]],
    "demo": lambda payload, folder: [["demo", payload]],
}  # fmt: skip


def test_every_command_is_called_here() -> None:
    group = typer.main.get_command(app)
    assert set(ARGUMENTS) == set(group.commands)  # type: ignore[attr-defined]
    called = {words[words.index("feeds") + 1] for words in ARGUMENTS["feeds"]("", Path())}
    assert called == {*group.commands["feeds"].commands, ""}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["colour and cursor", "eight-bit controls", "direction", "overwriting", "line ends", "sql"])
@pytest.mark.parametrize("command", ARGUMENTS)
def test_an_argument_is_named_as_text(hostile: Hostile, call: Run, tmp_path: Path, command: str, name: str) -> None:
    for arguments in ARGUMENTS[command](PAYLOADS[name], tmp_path):
        done = call(*arguments, home=hostile.home)
        assert "Traceback" not in done.err
        assert moving(done.out + done.err) == set(), arguments


def test_a_name_that_is_no_utf_8_is_named_as_text(hostile: Hostile, call: Run, tmp_path: Path) -> None:
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\x1b[31m")
    for arguments in (
        ["load", odd],
        ["extract", odd],
        ["story", odd],
        ["--json", "load", odd],
        ["backfill", odd],
        ["backfill", f"urls:{odd}"],
    ):
        done = call(*arguments, home=hostile.home)
        assert (done.code in (1, 2), moving(done.out + done.err)) == (True, set()), arguments
    Path(odd).mkdir()
    for options in ([], ["--json"]):
        done = call(*options, "doctor", home=Path(odd))
        assert (done.code, moving(done.out + done.err)) == (0, set())


@pytest.mark.parametrize("name", MOVING)
def test_what_a_feed_says_is_shown_as_text_before_it_is_added(call: Run, tmp_path: Path, name: str) -> None:
    with hostile_site() as feeds:
        for options in ([], ["--json"]):
            done = call(*options, "feeds", "check", feeds[list(PAYLOADS).index(name)], home=tmp_path, **POLITE)
            assert (done.code in (0, 1), done.err, moving(done.out)) == (True, "", set()), done
            assert done.out.count("\n") == 1


@pytest.mark.parametrize("name", MOVING)
def test_what_an_opml_list_says_is_shown_as_text(call: Run, tmp_path: Path, name: str) -> None:
    said = (
        html.escape(re.sub(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", PAYLOADS[name]))
        .replace("\n", "&#10;")
        .replace("\r", "&#13;")
    )
    outlines = "".join(f'<outline text="{said}" xmlUrl="{scheme}://paper.example/{said}" htmlUrl="{said}"/>' for scheme in ("http", "ftp"))
    (tmp_path / "a.opml").write_text(
        f'<opml version="2.0"><body><outline text="{said}">{outlines}</outline></body></opml>', "utf-8", newline=""
    )
    done = call("feeds", "import", str(tmp_path / "a.opml"), home=tmp_path)
    assert (done.code, moving(done.out + done.err), len(done.errors)) == (3, set(), 1)
    for options in ([], ["--json"]):
        shown = call(*options, "feeds", "list", home=tmp_path)
        assert (shown.code, moving(shown.out + shown.err)) == (0, set())


@pytest.mark.parametrize("name", MOVING)
def test_a_setting_is_named_as_text(call: Run, tmp_path: Path, name: str) -> None:
    payload = stored(PAYLOADS[name])
    for line, *calls in (
        (f"contact = {json.dumps(payload)}", ["doctor"], ["--json", "doctor"]),
        (f"{json.dumps(payload)} = 1", ["ingest"]),
        (f"workers = {json.dumps(payload)}", ["doctor"]),
    ):
        (tmp_path / "copydesk.toml").write_text(line + "\n", "utf-8")
        for arguments in calls:
            done = call(*arguments, home=tmp_path)
            assert (moving(done.out + done.err), "Traceback" in done.err) == (set(), False), (line, arguments)


@pytest.mark.parametrize("name", MOVING)
def test_the_log_of_the_path_is_one_line_of_text(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logging(Context())
    logging.getLogger("copydesk").error("batch %s: %s", PAYLOADS[name], ValueError(PAYLOADS[name]))
    said = capsys.readouterr().err
    assert (moving(said), said.count("\n")) == (set(), 1)


@pytest.mark.parametrize("field", META)
def test_what_a_page_says_of_itself_is_shown_as_text(call: Run, tmp_path: Path, field: str) -> None:
    for name in MOVING:
        (tmp_path / "page.html").write_text(hostile_page(field, name, 1), "utf-8")
        done = call("extract", str(tmp_path / "page.html"), home=tmp_path)
        assert (done.code, moving(done.out + done.err)) == (0, set()), name
    told = call("--json", "extract", str(tmp_path / "page.html"), home=tmp_path)
    assert (moving(told.out), isinstance(json.loads(told.out), dict)) == (set(), True)


def shown_on_a_terminal(arguments: list[list[str]], home: Home) -> str:
    """Run commands in one process whose output and errors are a terminal, and return all that came."""
    code = (
        "import json, os, sys\nfrom flows.cli.main import run\n"
        "for words in json.loads(os.environ['CALLS']):\n    sys.argv = ['copydesk', *words]\n    try:\n        run()\n    except SystemExit:\n        pass\n"
    )
    calls = json.dumps([["--home", str(home.root), *words] for words in arguments])
    exit_code, shown = shown_on_terminal([sys.executable, "-c", code], cwd=COMMAND.parents[2], CALLS=calls)
    assert exit_code == 0
    return shown


def test_nothing_moves_on_a_terminal(hostile: Hostile, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(hostile_page("title", "colour and cursor", 1), "utf-8")
    odd = tmp_path / "a\x1b[31m\rb.jsonl"
    odd.write_text("{", "utf-8")
    calls = [["query", f"from {view}", *kind] for view in ("captures", "rejects", "versions") for kind in ([], ["--format", "csv"])]
    calls += [["query", "from articles", "--format", kind] for kind in ("json", "jsonl")]
    calls += [
        ["stories", "--limit", "1000"],
        ["feeds", "list", "--all"],
        ["feeds", "export"],
        ["query", "from entries"],
        ["extract", str(tmp_path / "page.html")],
        ["doctor"],
        ["--quiet", "load", str(odd)],
        ["story", "\x1b[2J"],
    ]
    for place in map(list(PAYLOADS).index, MOVING[:3]):
        calls += [
            ["story", f"https://wire.example/{5_000 + place}"],
            ["explain", *(f"https://{site}.example/{5_000 + place}" for site in ("wire", "echo"))],
        ]
    shown = shown_on_a_terminal(calls, hostile.home)
    assert len(shown) > 100_000
    assert moving(shown) == set()


def test_nothing_is_read_or_written_outside_the_home(hostile: Hostile, asked: Asked) -> None:
    assert {entry.name for entry in hostile.home.root.parent.iterdir()} == {hostile.home.root.name}
    outside = [Path("/", folder, ESCAPED) for folder in ("", "tmp", "etc")]
    outside += [
        parent / ESCAPED
        for parent in (hostile.home.root, *hostile.home.root.parents, *hostile.folder.parents, *Path.cwd().parents, Path.cwd())
    ]
    assert [path for path in outside if path.exists()] == []
    assert [path for path in hostile.home.root.rglob("*") if ESCAPED in path.name] == []
    assert asked("select count(*) > 100 from versions") == [(True,)], "no table was dropped"
