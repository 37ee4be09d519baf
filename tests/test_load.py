"""Loading what is well: every kind of file and field of the README, and that a second load changes nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date, datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import synthetic_news as made

from flows import path
from tasks.core import ids
from tasks.home import Home, open_home
from tasks.settings import Settings
from tasks.watch import Watch

Rows = Callable[..., list[tuple[Any, ...]]]
Tables = Callable[[Home], dict[str, str]]

ACCENTED = made.text(30) + "\n\nDer Bürgermeister prüfte die Brücke über die Mühle, und später noch die Straße."
CAPTURED = {  # as given: the instant it names
    "2026-03-01": datetime(2026, 3, 1),
    "20260302": datetime(2026, 3, 2),
    "2026-03-03T07": datetime(2026, 3, 3, 7),
    "2026-03-04T07:30": datetime(2026, 3, 4, 7, 30),
    "2026-03-05 07:30:15": datetime(2026, 3, 5, 7, 30, 15),
    "2026-03-06T07:30:15Z": datetime(2026, 3, 6, 7, 30, 15),
    "20260307T073015Z": datetime(2026, 3, 7, 7, 30, 15),
    "2026-03-08T07:30:15.25+01:00": datetime(2026, 3, 8, 6, 30, 15, 250_000),
    "2026-03-09T07:30:15.123456789-0530": datetime(2026, 3, 9, 13, 0, 15, 123_456),
    "1906-04-18T05:12:00-08:00": datetime(1906, 4, 18, 13, 12),
}
PUBLISHED = {  # as given: (day in its own zone, instant or None)
    "2026": (None, None),
    "2026-02": (None, None),
    "2026-02-03": (date(2026, 2, 3), None),
    "2026-02-04T23:30": (date(2026, 2, 4), datetime(2026, 2, 4, 23, 30)),
    "2026-02-05T23:30:00-05:00": (date(2026, 2, 5), datetime(2026, 2, 6, 4, 30)),
    "2026-02-06T00:30:00.5+02:00": (date(2026, 2, 6), datetime(2026, 2, 5, 22, 30, 0, 500_000)),
    "1914-08-04T23:00:00Z": (date(1914, 8, 4), datetime(1914, 8, 4, 23)),
    "last Tuesday": (None, None),
}
AUTHORS = {"list": ["Ada Marlow", "Bo Quill"], "string": "Ada Marlow", "empty": [], "null": None}


def article_rows() -> list[dict[str, Any] | str]:
    """Return rows that each try one field."""
    found: list[dict[str, Any] | str] = [
        made.row(100 + place, id=f"captured {given}", outlet="Clock", captured=given) for place, given in enumerate(CAPTURED)
    ]
    found += [made.row(120 + place, id=f"published {given}", outlet="Clock", published=given) for place, given in enumerate(PUBLISHED)]
    found += [
        made.row(140 + place, id=f"authors {name}", outlet="Desk", authors=given) for place, (name, given) in enumerate(AUTHORS.items())
    ]
    page = made.page(made.text(160) + "\n\nDie Brücke.", title="A page in a row", charset="iso-8859-1")
    return [
        *found,
        {"id": "html", "html": page, "outlet": "Page"},
        {"id": "bytes", "html_base64": made.base64_of(page.replace("<h1>A page", "<h1>Bytes").encode("iso-8859-1")), "outlet": "Page"},
        made.row(161, id=7, outlet="Number"),
        made.row(162, id="extra", desk="politics", nested={"list": [1, None, "é"], "deep": {"x": True}}),
        made.row(163, id="spaced", outlet="  Trimmed  ", title=" A title ", url=" https://spaced.example/a "),
        made.row(164, id="blank", outlet="", title=" ", dek=None),
        made.row(165, id="nul", outlet="N\0ul", title="A\0title", note="a\0b"),
        '{"id": "surrogate", "outlet": "S\\ud800", "title": "a\\udfffb", "lone\\udc00name": "\\ud83d", "text": ' + json.dumps(made.text(166)) + "}",
        made.row(167, id="huge", outlet="O" * 300_000, title="Harbour " * 40_000, dek="d" * 300_000, authors=["Ada Marlow"] * 2_000, note="n" * 300_000),
        made.row(168, id="deep", nested=json.loads("[" * 60 + "]" * 60)),
        made.row(169, url="https://höhe.example/straße/é?q=ü&b=%ff#part"),
        made.row(170, url="https://space.example/a b"),
        made.row(171, url="https://long.example/" + "x" * 100_000),
        made.row(172, url="HTTP://USER:secret@Upper.example:80/Path?utm_source=x"),
    ]  # fmt: skip


def crawl() -> list[bytes]:
    """Return WARC records in no order at all, with kinds among them that are no captures."""
    body = made.page(made.text(200), title="The crawl").encode()
    return [
        made.warc_record("response", url="https://late.example/b", payload=body.replace(b"The crawl", b"Later"), date="2026-03-09T00:00:00Z", number=2),
        made.warc_record("metadata", url="https://late.example/b", payload=b"via: https://late.example/", media="application/warc-fields", number=3),
        made.warc_record("resource", url="https://notes.example/n", payload=made.text(201).encode(), media="text/plain", number=4),
        made.warc_record("request", url="https://late.example/a", payload=b"GET /a HTTP/1.1\r\nHost: late.example\r\n\r\n", number=5),
        made.warc_record("response", url="https://late.example/a", payload=gzip.compress(body), number=6, http_headers=[("Content-Encoding", "gzip")]),
        made.warc_record("response", url="https://gone.example/c", payload=body, status="404 Not Found", number=7),
        made.warc_record("resource", url="dns:late.example", payload=b"192.0.2.1", media="text/dns", number=8),
    ]  # fmt: skip


def fill(folder: Path) -> None:
    """Write one file of each kind, and some that are none."""
    below = folder / "eine Straße"
    below.mkdir(parents=True)
    (folder / "plain.txt").write_text(made.text(1), "utf-8")
    (folder / "plain.json").write_text(
        json.dumps({"url": "https://side.example/p", "outlet": "Side", "title": "Beside", "authors": "Cy Reed", "published": "2026-02-01", "desk": "city"}), "utf-8"
    )  # fmt: skip
    (below / "mit Leerzeichen é.txt").write_text(made.text(2), "utf-8")
    (folder / "latin.txt").write_bytes(ACCENTED.encode("cp1252"))
    (folder / "wide.txt").write_bytes(b"\xff\xfe" + (made.text(31) + "\n\nÄrger über Öl.").encode("utf-16-le"))
    lying = made.page(made.text(32) + "\n\nÜber die Mühle und die große Brücke.", title="Äußerung", charset="utf-8")
    (folder / "lying.html").write_bytes(lying.encode("cp1252"))
    (folder / "page.htm").write_text(made.page(made.text(33), title="A page"), "utf-8")
    (folder / "page.json").write_text(json.dumps({"url": "https://page.example/1", "captured": "2026-03-02T08:00:00Z"}), "utf-8")
    made.write_rows(folder / "rows.jsonl", article_rows())
    made.write_rows(
        folder / "more.jsonl.gz",
        [b"\xef\xbb\xbf" + json.dumps(made.row(50, id="bom")).encode(), b"", made.row(51, id="after a blank line")],
    )
    made.write_rows(folder / "really_gzip.jsonl", [])
    (folder / "really_gzip.jsonl").write_bytes(gzip.compress(json.dumps(made.row(52, id="gzip without its ending")).encode(), mtime=0))
    made.write_rows(folder / "really_plain.jsonl", [made.row(53, id="no gzip")]).rename(folder / "really_plain.jsonl.gz")
    (folder / "crawl.warc.gz").write_bytes(made.members(crawl()) + b"\0" * 100)
    (folder / "one_member.warc.gz").write_bytes(gzip.compress(made.warc_record("resource", url="https://one.example/1", payload=made.text(210).encode(), media="text/plain") + made.warc_record("resource", url="https://one.example/2", payload=made.text(211).encode(), media="text/plain", number=9), mtime=0))  # fmt: skip
    (folder / "bare.warc").write_bytes(
        made.warc_record("resource", url="https://bare.example/1", payload=made.text(212).encode(), media="text/plain")
    )
    (folder / "notes.pdf").write_bytes(b"%PDF-1.7")
    (folder / "alone.json").write_text("{}", "utf-8")
    (folder / ".hidden.txt").write_text(made.text(3), "utf-8")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> SimpleNamespace:
    folder = tmp_path_factory.mktemp("in put é")
    fill(folder)
    home = open_home(tmp_path_factory.mktemp("home"), wait_s=5)
    foreign: list[str] = []
    return SimpleNamespace(
        folder=folder, home=home, foreign=foreign, done=path.load(home, settings, [str(folder)], watch=Watch(foreign=foreign.append))
    )


def test_all_that_is_well_is_loaded(loaded: SimpleNamespace, rows: Rows) -> None:
    assert loaded.done.failed == []
    assert loaded.done.batches_failed == 0
    assert loaded.done.inputs == loaded.done.captures_new == rows(loaded.home, "select count(*) from captures")[0][0]
    declined = rows(loaded.home, "select coalesce(url, source_id), stage, reason, detail from rejects order by all")
    assert declined == [("https://gone.example/c", "gate", "http_error", "HTTP 404")]
    assert loaded.done.articles_new == loaded.done.inputs - 1


def test_foreign_files_are_named_and_sidecars_and_hidden_files_are_not(loaded: SimpleNamespace) -> None:
    assert sorted(loaded.foreign) == ["alone.json", "notes.pdf"]


def test_a_second_load_changes_no_row_and_no_segment(loaded: SimpleNamespace, settings: Settings, tables: Tables) -> None:
    before, raw = tables(loaded.home), sorted(loaded.home.raw.rglob("*.warc.gz"))
    again = path.load(loaded.home, settings, [str(loaded.folder)])
    assert again.captures_known == again.inputs == loaded.done.inputs
    assert (again.captures_new, again.articles_new, again.failed) == (0, 0, [])
    assert tables(loaded.home) == before
    assert sorted(loaded.home.raw.rglob("*.warc.gz")) == raw


def test_every_table_names_a_file_by_its_path_below_the_argument(loaded: SimpleNamespace, rows: Rows) -> None:
    named = {source_id for (source_id,) in rows(loaded.home, "select source_id from captures where not starts_with(source_id, 'urn:')")}
    count = len(article_rows())
    assert {"plain.txt", "eine Straße/mit Leerzeichen é.txt", "latin.txt", "page.htm", f"rows.jsonl#{count}"} <= named
    assert [name for name in named if str(loaded.folder) in name or name.startswith("/")] == []


def test_a_sidecar_gives_what_a_text_does_not_say(loaded: SimpleNamespace, rows: Rows) -> None:
    found = rows(
        loaded.home, "select url, outlet, title, authors, published_date, published_at from articles where source_id = 'plain.txt'"
    )
    assert found == [("https://side.example/p", "Side", "Beside", ["Cy Reed"], date(2026, 2, 1), None)]
    assert json.loads(rows(loaded.home, "select extra from captures where source_id = 'plain.txt'")[0][0]) == {"desk": "city"}


@pytest.mark.parametrize(
    ("source_id", "words"),
    [
        ("latin.txt", "Der Bürgermeister prüfte die Brücke"),
        ("wide.txt", "Ärger über Öl."),
        ("lying.html", "Über die Mühle und die große Brücke."),
        ("html", "Die Brücke."),
        ("bytes", "Die Brücke."),
    ],
)
def test_a_wrong_or_missing_charset_spoils_no_letter(loaded: SimpleNamespace, rows: Rows, source_id: str, words: str) -> None:
    assert words in rows(loaded.home, "select text from articles where source_id = ?", source_id)[0][0]


@pytest.mark.parametrize("given", CAPTURED)
def test_the_capture_time_is_taken_in_any_precision(loaded: SimpleNamespace, rows: Rows, given: str) -> None:
    found = rows(loaded.home, "select captured_at from captures where source_id = ?", f"captured {given}")
    assert found == [(CAPTURED[given].replace(tzinfo=timezone.utc),)]


@pytest.mark.parametrize("given", PUBLISHED)
def test_the_publication_time_is_read_as_far_as_it_goes(loaded: SimpleNamespace, rows: Rows, given: str) -> None:
    day, at = PUBLISHED[given]
    found = rows(loaded.home, "select published_date, published_at, published_raw from articles where source_id = ?", f"published {given}")
    assert found == [(day, at.replace(tzinfo=timezone.utc) if at else None, given)]


@pytest.mark.parametrize(("name", "names"), [("list", ["Ada Marlow", "Bo Quill"]), ("string", ["Ada Marlow"]), ("empty", []), ("null", [])])
def test_authors_are_a_list_or_a_string(loaded: SimpleNamespace, rows: Rows, name: str, names: list[str]) -> None:
    assert rows(loaded.home, "select authors from articles where source_id = ?", f"authors {name}") == [(names,)]


def test_unknown_fields_are_kept_in_extra(loaded: SimpleNamespace, rows: Rows) -> None:
    found = rows(loaded.home, "select extra, extra ->> '$.nested.list[2]' from captures where source_id = 'extra'")
    assert json.loads(found[0][0]) == {"desk": "politics", "nested": {"list": [1, None, "é"], "deep": {"x": True}}}
    assert found[0][1] == "é"


def test_an_id_may_be_a_number_and_fields_are_trimmed(loaded: SimpleNamespace, rows: Rows) -> None:
    assert rows(loaded.home, "select outlet from articles where source_id = '7'") == [("Number",)]
    assert rows(loaded.home, "select outlet, title, url from articles where source_id = 'spaced'") == [
        ("Trimmed", "A title", "https://spaced.example/a")
    ]
    assert rows(loaded.home, "select outlet, title, dek from articles where source_id = 'blank'") == [(None, None, None)]


def test_characters_that_no_text_should_hold_harm_nothing(loaded: SimpleNamespace, rows: Rows) -> None:
    assert rows(
        loaded.home,
        "select outlet, title, extra ->> 'note' is not null from articles inner join captures using (source_id, outlet) where source_id = 'nul'",
    )
    extra = rows(loaded.home, "select extra from captures where source_id = 'surrogate'")[0][0]
    assert json.loads(extra) == {"lone?name": "?"}
    assert rows(loaded.home, "select outlet, title from articles where source_id = 'surrogate'") == [("S?", "a?b")]


def test_huge_and_deep_fields_are_kept_whole(loaded: SimpleNamespace, rows: Rows) -> None:
    assert rows(loaded.home, "select len(outlet) from captures where source_id = 'huge'") == [(300_000,)]
    assert json.loads(rows(loaded.home, "select extra from captures where source_id = 'deep'")[0][0])["nested"] != []
    assert rows(loaded.home, "select len(url) from captures where starts_with(url, 'https://long')") == [(100_021,)]


@pytest.mark.parametrize(
    "url",
    ["https://höhe.example/straße/é?q=ü&b=%ff#part", "https://space.example/a b", "HTTP://USER:secret@Upper.example:80/Path?utm_source=x"],
    ids=["non-ASCII", "space", "odd case"],
)
def test_a_url_is_kept_as_it_was_given(loaded: SimpleNamespace, rows: Rows, url: str) -> None:
    assert rows(loaded.home, "select url, final_url from captures where url = ?", url) == [(url, url)]
    assert rows(loaded.home, "select state from ledger where url = ?", url) == [("loaded",)]


def test_warc_files_of_any_framing_give_responses_and_resources(loaded: SimpleNamespace, rows: Rows) -> None:
    found = rows(
        loaded.home,
        "select url, source_id, media_type, http_status, captured_at from captures where starts_with(source_id, 'urn:uuid:') order by url",
    )
    assert [row[0] for row in found] == [
        "https://bare.example/1", "https://gone.example/c", "https://late.example/a", "https://late.example/b", "https://notes.example/n",
        "https://one.example/1", "https://one.example/2",
    ]  # fmt: skip
    by_url = {row[0]: row[1:] for row in found}
    assert by_url["https://late.example/b"] == (
        "urn:uuid:00000000-0000-4000-8000-000000000002", "text/html", 200, datetime(2026, 3, 9, tzinfo=timezone.utc),
    )  # fmt: skip
    assert by_url["https://notes.example/n"][1:3] == ("text/plain", None)
    assert rows(loaded.home, "select title from articles where url = 'https://late.example/a'") == [("The crawl",)]


def test_an_input_without_url_is_known_by_outlet_and_id_else_by_its_payload(loaded: SimpleNamespace, rows: Rows) -> None:
    by_id = ids.article_id(ids.target_urn(outlet="Number", source_id="7", digest=""))
    by_payload = ids.article_id(
        ids.target_urn(outlet=None, source_id=None, digest=ids.payload_digest((loaded.folder / "latin.txt").read_bytes()))
    )
    assert rows(loaded.home, "select source_id from articles where article_id = ?", by_id) == [("7",)]
    assert rows(loaded.home, "select source_id from articles where article_id = ?", by_payload) == [("latin.txt",)]


def test_an_outlet_of_the_call_is_for_inputs_that_name_none_and_all_of_a_warc(
    home: Home, settings: Settings, tmp_path: Path, rows: Rows
) -> None:
    made.write_rows(tmp_path / "a.jsonl", [made.row(1, id="own", outlet="Own"), made.row(2, id="none")])
    (tmp_path / "b.txt").write_text(made.text(3), "utf-8")
    (tmp_path / "c.warc").write_bytes(
        made.warc_record("resource", url="https://c.example/1", payload=made.text(4).encode(), media="text/plain")
    )
    path.load(home, settings, [str(tmp_path / name) for name in ("a.jsonl", "b.txt", "c.warc")], outlet="Called")
    assert sorted(rows(home, "select outlet, count(*) from captures group by outlet")) == [("Called", 3), ("Own", 1)]


def test_in_place_a_warc_stays_where_it_lies_and_gives_the_same_tables(
    home: Home, settings: Settings, tmp_path: Path, rows: Rows, tables: Tables
) -> None:
    archive, beside = tmp_path / "crawl.warc.gz", tmp_path / "note.txt"
    archive.write_bytes(made.members(crawl()))
    beside.write_text(made.text(5), "utf-8")
    done = path.load(home, settings, [str(archive), str(beside)], in_place=True, outlet="Crawl")
    assert (done.inputs, done.captures_new, done.rejected) == (5, 5, 1)
    places = rows(home, "select segment, segment_offset from captures where url is not null order by segment_offset")
    assert [segment for segment, _ in places] == [str(archive)] * 4
    assert [archive.read_bytes()[offset : offset + 2] for _, offset in places] == [b"\x1f\x8b"] * 4
    assert len(list(home.raw.rglob("*.warc.gz"))) == 2
    first = tables(home)
    assert path.load(home, settings, [str(archive), str(beside)], in_place=True, outlet="Crawl").captures_known == 5
    assert tables(home) == first
    copied = open_home(tmp_path / "copied")
    path.load(copied, settings, [str(archive), str(beside)], outlet="Crawl")
    assert {name for name, digest in tables(copied).items() if digest != first[name]} == {"captures"}, (
        "only the place of the records differs"
    )


def test_without_ingest_inputs_wait_in_raw_until_they_are_ingested(home: Home, settings: Settings, tmp_path: Path, rows: Rows) -> None:
    made.write_rows(tmp_path / "a.jsonl", [made.row(1), made.row(2)])
    done = path.load(home, settings, [str(tmp_path / "a.jsonl")], ingests=False)
    assert (done.inputs, done.captures_new) == (2, 0)
    assert not home.snapshot_link.exists()
    assert path.ingest(home, settings).records == 2
    assert rows(home, "select count(*) from articles") == [(2,)]


def test_globs_and_files_named_twice_load_once(home: Home, settings: Settings, tmp_path: Path, rows: Rows) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    for place, name in enumerate(("a.txt", "b.txt", "c[1].txt")):
        (folder / name).write_text(made.text(place), "utf-8")
    (folder / "a.json").write_text(json.dumps({"outlet": "Side"}), "utf-8")
    done = path.load(home, settings, [str(folder / "*"), str(folder / "c[1].txt"), str(folder / "[ab].txt")])
    assert done.failed == []
    assert rows(home, "select outlet, source_id from articles order by source_id") == [
        ("Side", "a.txt"),
        (None, "b.txt"),
        (None, "c[1].txt"),
    ]
