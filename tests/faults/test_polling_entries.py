"""What feeds do to identities, dates, characters and pages, and what is kept of it: through the whole path."""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
from base64 import b32encode
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from http_servers import TOOL
from polling_rig import Desk, HostileServer, Says, Site, desk_at, fresh, hostile_server, own_site, rss_of
from published import table_hashes
from warcio.archiveiterator import ArchiveIterator

from flows import replaying
from tasks.core.feeds.parse import parse_feed
from tasks.core.feeds.records import ParsedFeed
from tasks.home import Home
from tasks.poll import MAX_TRIES

pytestmark = pytest.mark.slow

needs_tool = pytest.mark.skipif(not TOOL.exists(), reason="the hostile server is not here")
FEEDS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "feeds"
TEXT = "".join(f"<p>The harbour board of ward {number} voted on Tuesday to keep the winter ferry, said its clerk, and to pay for it from the quay dues.</p>" for number in range(8))  # fmt: skip
HTML = (("Content-Type", "text/html; charset=utf-8"),)

NEWS = "\u041d\u043e\u0432\u043e\u0441\u0442\u0438"
TITLES: dict[str, tuple[list[str], str | None]] = {  # of each route the titles, and what its reading says of itself
    "/xml/control": (["badchar"], "control_characters"),
    "/xml/nul": (["Stry 1"], "control_characters"),  # "St", a NUL in place of the o, "ry"
    "/xml/invalid": (["Story 1", "Story 2"], "broken_xml"),
    "/xml/trailing": (["Story 1"], "broken_xml"),
    "/xml/leading-space": (["Story 1"], None),
    "/xml/bom16": (["Story 1"], None),
    "/charset/utf8": ([f"Caf\xe9 \u20ac na\xefve{NEWS}"], None),
    "/charset/latin1-as-utf8": (["Caf\xe9 na\xefve"], None),
    "/charset/win1251-undeclared": ([NEWS], None),
    "/charset/header-vs-prolog": ([NEWS], None),
    "/charset/utf16": ([NEWS], None),
    "/charset/gbk": (["\u65b0\u95fb"], None),
    "/charset/shiftjis": (["\u30cb\u30e5\u30fc\u30b9"], None),
    "/charset/mixed": (["Caf\xe9 Caf\ufffd"], "bad_bytes"),
}


@pytest.fixture(scope="module")
def shared() -> Iterator[HostileServer]:
    with hostile_server() as server:
        yield server


@pytest.fixture
def desk(shared: HostileServer, tmp_path: Path) -> Iterator[Desk]:
    with fresh(shared) as server:
        yield desk_at(tmp_path, server)


@pytest.fixture
def site() -> Iterator[Site]:
    with own_site() as served:
        yield served


def page(title: str, body: str = TEXT) -> Says:
    return Says(
        f"<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{body}</article></body></html>".encode(), headers=HTML
    )


def item(site: Site, route: str, title: str, *, guid: str | None = None, more: str = "") -> str:
    return f"<item><guid isPermaLink='false'>{guid or route}</guid><title>{title}</title><link>{site.url(route)}</link>{more}</item>"


def feed_of(*items: str) -> Says:
    return Says(f"<rss version='2.0'><channel><title>Harbour</title>{''.join(items)}</channel></rss>".encode())


@needs_tool
def test_fault_26_stories_under_one_guid_are_all_kept(desk: Desk) -> None:
    for _ in range(3):
        desk.poll("/guid/reuse", "/guid/dup")
        desk.advance(hours=30)
    assert len(desk.entry_titles("/guid/reuse")) == 3
    assert desk.entry_titles("/guid/dup") == ["Story 1", "Story 2"]


@needs_tool
def test_fault_27_another_guid_or_scheme_makes_no_other_story(desk: Desk) -> None:
    for _ in range(3):
        desk.poll("/guid/change", "/guid/link-change", "/guid/order")
        desk.advance(hours=30)
    assert desk.entry_titles("/guid/change") == ["Story 1"]
    assert desk.entry_titles("/guid/link-change") == ["Story 1"]
    assert len(desk.entry_titles("/guid/order")) == 30


def test_fault_27_http_and_https_are_one_entry_and_one_page(site: Site, tmp_path: Path) -> None:
    desk = desk_at(tmp_path)
    for scheme in ("http", "https"):
        site.answers["/feed"] = Says(rss_of("a", site=f"{scheme}://paper.example"))
        desk.poll(site.url("/feed"))
        desk.advance(hours=30)
    assert desk.rows("select count(*), max(state_count) from entries") == [(1, 2)]


def test_fault_28_a_changed_entry_brings_the_next_version_of_its_page(site: Site, tmp_path: Path) -> None:
    desk = desk_at(tmp_path)
    site.answers |= {"/feed": feed_of(item(site, "/a", "Ferry saved")), "/a": page("Ferry saved")}
    desk.poll(site.url("/feed"), pages=True)
    desk.advance(hours=30)
    desk.poll(pages=True)
    assert site.count("/a") == 1
    site.answers |= {"/feed": feed_of(item(site, "/a", "Ferry saved, clerk resigns")), "/a": page("Ferry saved, clerk resigns", TEXT + "<p>The clerk resigned in the evening, the board said in a statement.</p>")}  # fmt: skip
    desk.advance(hours=30)
    desk.poll(pages=True)
    assert desk.rows("select title, version_count from articles") == [("Ferry saved, clerk resigns", 2)]
    assert desk.rows("select count(*) from outbox where name = 'copydesk.version.changed'") == [(1,)]


def test_fault_29_redirects_utm_and_vanishing_make_one_story(site: Site, tmp_path: Path) -> None:
    desk = desk_at(tmp_path)
    both = [item(site, "/go/1?utm_source=rss", "Ferry saved"), item(site, "/b", "Quay dues")]
    site.answers |= {"/go/1?utm_source=rss": Says(status=301, headers=(("Location", "/a"),)), "/a": page("Ferry saved"), "/b": page("Quay dues", TEXT.replace("ferry", "quay"))}  # fmt: skip
    for shown in (both, both[1:], both):
        site.answers["/feed"] = feed_of(*shown)
        desk.poll(site.url("/feed"), pages=True)
        desk.advance(hours=30)
    assert desk.rows("select count(*) from entries") == [(2,)]
    assert desk.rows("select count(*) from entry_sightings join entries using (entry_id) where title = 'Ferry saved'") == [(2,)]
    assert site.count("/a") == 1
    assert desk.rows("select count(*), count(distinct story_id) from articles where url like '%/a'") == [(1, 1)]
    assert desk.rows("select state from ledger where url like '%/go/1%'") == [("loaded",)]


@needs_tool
def test_fault_30_a_date_that_is_none_is_null_with_what_stood_there(desk: Desk) -> None:
    desk.poll("/guid/dates")
    rows = desk.rows("select published_raw, published_at from entries")
    assert len(rows) == 12
    known = {raw: at for raw, at in rows if at is not None}
    assert set(known) == {
        "Sun, 27 Oct 2024 02:30:00 +0100",
        "Sun, 27 Oct 2024 02:30:00 CEST",
        "2016-12-31T23:59:60Z",
        "Mon, 01 Jan 24 00:00:00 EST",
    }
    assert known["Sun, 27 Oct 2024 02:30:00 CEST"] == datetime(2024, 10, 27, 0, 30, tzinfo=timezone.utc)
    assert {raw for raw, at in rows if at is None} >= {None, "not a date", "2024-03-10 02:30:00", "Thu, 01 Jan 1970 00:00:00 GMT"}
    assert desk.rows("select count(*) from entries where published_at > first_seen_at") == [(0,)]


@needs_tool
def test_faults_24_and_25_stray_characters_and_charsets_cost_no_entry(desk: Desk) -> None:
    desk.poll(*TITLES)
    assert {route: desk.entry_titles(route) for route in TITLES} == {route: titles for route, (titles, _) in TITLES.items()}
    flags = dict(desk.rows("select feeds.url, flags from feed_readings join feeds using (feed_id)"))
    assert flags == {desk.url(route): [flag] if flag else [] for route, (_, flag) in TITLES.items()}
    assert desk.rows("select count(*) from captures where kind = 'feed'") == [(len(TITLES),)]


def test_fault_40_a_feed_is_silent_against_its_own_rhythm_and_all_of_them_as_a_whole(site: Site, tmp_path: Path) -> None:
    desk = desk_at(tmp_path)
    feed = site.url("/feed")
    for day in range(8):
        site.answers["/feed"] = Says(rss_of(*range(day, day + 5)))
        desk.poll(feed)
        desk.advance(hours=12)
    assert desk.feed(feed, "feed_health")["state"] == "good"
    assert desk.rows("select is_silent from polling_health") == [(False,)]
    for _ in range(12):
        desk.poll(feed)
        desk.advance(hours=5)
    assert desk.feed(feed, "feed_health")["state"] == "silent"
    assert desk.rows("select is_silent from polling_health") == [(True,)]


@pytest.fixture
def walled(site: Site, tmp_path: Path) -> Desk:
    """A feed with full text whose pages are gone, walled, closed by robots.txt, and at a server that answers nothing."""
    desk = desk_at(tmp_path)
    full = "<description>The board voted for the ferry, and here is all of it.</description>"
    site.answers |= {
        "/robots.txt": Says(b"User-agent: *\nDisallow: /closed\n"),
        "/feed": feed_of(*(item(site, route, route, more=full) for route in ("/gone", "/missing", "/closed", "/broken", "/wall", "/good"))),
        "/gone": Says(status=410),
        "/broken": Says(status=500),
        "/wall": page(
            "Before you continue", "<p>We and our 842 partners use cookies. Accept all. Reject all. Manage your privacy choices.</p>"
        ),
        "/good": page("Ferry saved"),
    }
    desk.poll(site.url("/feed"), pages=True)
    for _ in range(MAX_TRIES):
        desk.advance(hours=3)
        desk.poll(pages=True)
    return desk


def test_an_entry_whose_page_cannot_be_had_has_its_row_and_the_feeds_words(walled: Desk, site: Site) -> None:
    found = {title: (state, reason) for title, state, reason in walled.rows("select title, page_state, page_reason from entries")}
    assert found["/gone"] == found["/missing"] == ("gone", "http_error")
    assert found["/closed"] == ("rejected", "robots")
    assert found["/broken"] == ("failed", "http_error")
    assert found["/wall"][0] == "rejected"
    assert found["/good"] == ("loaded", None)
    assert {text for (text,) in walled.rows("select text from entries")} == {"The board voted for the ferry, and here is all of it."}
    assert site.count("/closed") == 0
    assert site.count("/broken") == MAX_TRIES
    assert walled.rows("select sum(entry_count) from ledger_summary") == walled.rows("select count(*) from ledger")


def test_a_replay_makes_the_same_tables_feeds_and_plans_among_them(walled: Desk, tmp_path: Path) -> None:
    before = table_hashes(walled.home)
    replaying.replay(walled.home, walled.settings, into=tmp_path / "again")
    assert table_hashes(Home(root=tmp_path / "again", raw_root=walled.home.root)) == before
    replaying.replay(walled.home, walled.settings)
    assert table_hashes(walled.home) == before


def test_a_warehouse_rebuilt_from_raw_alone_asks_nobody_at_once(walled: Desk, site: Site) -> None:
    walled.home.warehouse_file.unlink()
    replaying.replay(walled.home, walled.settings)
    asked = site.count("/feed")
    walled.poll()
    assert site.count("/feed") == asked
    walled.advance(days=2)
    walled.poll()
    assert site.count("/feed") == asked + 1


def test_raw_is_read_by_warcio_and_by_a_reader_of_the_format_alone(walled: Desk) -> None:
    for segment in sorted(walled.home.raw.glob("*/*/*/*.warc.gz")):
        with segment.open("rb") as file:
            by_warcio = [
                (record.rec_headers["WARC-Record-ID"], record.raw_stream.read()) for record in ArchiveIterator(file, no_record_parse=True)
            ]
        assert list(records_of(gzip.decompress(segment.read_bytes()))) == by_warcio


def records_of(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield id and block of each record, its digests checked. Source: WARC 1.1, section 4"""
    while data:
        head, _, rest = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines)
        block, data = rest[: int(fields["Content-Length"])], rest[int(fields["Content-Length"]) :].removeprefix(b"\r\n\r\n")
        assert first == "WARC/1.1"
        assert fields["WARC-Block-Digest"] in digests(block)
        payload = block.partition(b"\r\n\r\n")[2] if fields["WARC-Type"] == "response" else block
        assert "WARC-Payload-Digest" not in fields or fields["WARC-Payload-Digest"] in digests(payload)
        yield fields["WARC-Record-ID"], block


def digests(data: bytes) -> set[str]:
    """Return the digests by which a WARC record may name its bytes: ours, and that of warcio."""
    return {"sha256:" + hashlib.sha256(data).hexdigest(), "sha1:" + b32encode(hashlib.sha1(data).digest()).decode()}


def test_sitemaps_archives_and_json_are_feeds_too(site: Site, tmp_path: Path) -> None:
    desk = desk_at(tmp_path)
    news = "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'><url><loc>{0}</loc><news:news><news:title>Ferry</news:title><news:publication_date>2026-03-17T08:00:00Z</news:publication_date></news:news></url></urlset>"  # fmt: skip
    index = "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{0}</sitemapindex>"
    children = "".join(f"<sitemap><loc>{site.url(route)}</loc></sitemap>" for route in ("/news.xml", "/index.xml", "/loop.xml"))
    archive = "<feed xmlns='http://www.w3.org/2005/Atom'><title>A</title>{link}<entry><id>{id}</id><title>{id}</title><link href='https://paper.example/{id}'/></entry></feed>"  # fmt: skip
    site.answers |= {
        "/index.xml": Says(index.format(children).encode()),
        "/loop.xml": Says(index.format(children).encode()),
        "/news.xml": Says(news.format("https://paper.example/ferry").encode()),
        "/atom": Says(archive.format(id="new", link="<link rel='prev-archive' href='/atom/2'/>").encode()),
        "/atom/2": Says(archive.format(id="old", link="<link rel='prev-archive' href='/atom/1'/>").encode()),
        "/atom/1": Says(archive.format(id="oldest", link="<link rel='prev-archive' href='/atom/2'/>").encode()),
        "/json": Says(
            json.dumps(
                {
                    "version": "https://jsonfeed.org/version/1.1",
                    "title": "J",
                    "items": [{"id": "1", "url": "https://paper.example/j", "title": "J"}],
                }
            ).encode()
        ),
    }
    desk.poll(*map(site.url, ("/index.xml", "/atom", "/json")))
    assert desk.entry_titles(site.url("/index.xml")) == ["Ferry"]
    assert desk.entry_titles(site.url("/atom")) == ["new", "old", "oldest"]
    assert desk.entry_titles(site.url("/json")) == ["J"]
    assert max(site.count(route) for route in site.answers) == 1


@pytest.mark.parametrize("name", ["feedparser_cases", "real_feeds_dev"])
def test_every_entry_of_the_kept_feeds_is_stored_with_an_identity(site: Site, tmp_path: Path, name: str) -> None:
    kept = FEEDS / f"{name}.tar.xz"
    if not kept.exists():
        pytest.skip(f"no {kept.name} beside the checkout")
    with tarfile.open(kept) as archive:
        bodies = [file.read() for member in archive if (file := archive.extractfile(member))]
    site.answers |= {f"/{number}": Says(body) for number, body in enumerate(bodies)}
    desk = desk_at(tmp_path)
    desk.poll(*(site.url(f"/{number}") for number in range(len(bodies))))
    stored = dict(desk.rows("select feed_readings.feed_id, entry_count from feed_readings"))
    found = [parse_feed(body, url=site.url(f"/{number}"), content_type=None, received_at=desk.now) for number, body in enumerate(bodies)]
    wanted = sum(len(feed.entries) for feed in found if isinstance(feed, ParsedFeed))
    assert sum(stored.values()) == wanted
    assert desk.rows("select count(*) from entry_states where entry_id is null") == [(0,)]
    seen = desk.rows("select count(distinct entry_id) from entry_sightings")
    assert seen == desk.rows("select count(*) from entries")
    assert desk.rows("select count(*) from entries where published_at is not null and published_raw is null") == [(0,)]
    assert desk.rows("select count(*) from rejects where reason in ('failed', 'crashed', 'timeout', 'memory')") == [(0,)]
