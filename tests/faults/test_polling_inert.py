"""What feeds say arrives as text: no script, formula, statement, path or header of theirs does anything, from the poll to terminal and file."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

import pytest
from http_servers import TOOL
from polling_rig import Desk, HostileServer, Says, Site, desk_at, hostile_server, own_site
from processes import Done, command, shown_on_terminal
from published import public_views, snapshot

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
ESCAPED = "copydesk-escaped-by-a-poll"  # what no file may be called afterwards
SCRIPTS = {
    "script": "<script>alert(1)</script>",
    "picture": "<img src=x onerror=alert(1)>",
    "markdown": "[x](javascript:alert(1)) ![x](http://evil.example/p.png) `c` | d",
    "markup of rich": "[bold red]r[/] [link=http://evil.example]l[/link]",
    "eight-bit controls": "a\x9d52;c;ZXZpbA\x90qz",  # which feedparser takes for no Windows letters, as it does others
    "direction": "a\u202eevil\u202cb",
    "line ends": "a\u2028copydesk: all is well\u2029z",
}
BYTES = {
    "formula": "=HYPERLINK(\"http://evil.example\",\"y\")",
    "command": "@SUM(1+1)*cmd|' /C calc'!A0",
    "plus": "+1+1",
    "minus": "-2+3",
    "sql": f"'; drop table store.entry_states; copy (select 1) to '/tmp/{ESCAPED}'; --",
    "template": "{{7*7}} ${jndi:ldap://x} %s %(x)s",
    "path": f"../../../../../tmp/{ESCAPED}",
    "absolute path": f"/tmp/{ESCAPED}",
    "header": "a\r\nX-Evil: 1\r\n\r\nGET /evil HTTP/1.1",
}  # fmt: skip


@pytest.fixture
def site() -> Iterator[Site]:
    with own_site() as served:
        yield served


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_at(tmp_path)


def feed_of(site: Site, payloads: dict[str, str]) -> Says:
    """Return a feed with each payload in every field of an entry and in all that a feed says of itself, and as an address to ask."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{one}</guid><title>{one}</title><link>{site.url('/page/')}{one}</link><description>{one}</description>"
        f"<author>{one}</author><category>{one}</category><pubDate>{one}</pubDate><enclosure url='{one}'/></item>"
        for one in (escape(payload) for payload in payloads.values())
    )
    whole = escape(" ".join(payloads.values()))
    return Says(
        f"<rss version='2.0'><channel><title>{whole}</title><link>{whole}</link><language>{whole}</language><ttl>{whole}</ttl>{items}</channel></rss>".encode(),
        headers=(("ETag", '"a\\b;--"'), ("Last-Modified", "=cmd|' /C calc'!A0")),
    )


def moving(text: str) -> set[str]:
    """Return the characters of a text that a terminal would obey."""
    return {letter for letter in set(text) - set("\n\t") if unicodedata.category(letter) in ("Cc", "Cf", "Zl", "Zp")}


def plain(text: str) -> str:
    """Return a text as it is kept of a feed: white space of any kind is one space."""
    return " ".join(text.split())


@pytest.fixture
def said(desk: Desk, call: Callable[..., Done]) -> Callable[..., str]:
    """What a command says of the desk's home, on both ways: said(*words)."""

    def spoken(*words: str) -> str:
        done = call(*words, home=desk.home)
        assert done.code == 0, done.err
        return done.out + done.err

    return spoken


def test_fault_22_a_script_in_every_field_is_text_in_views_files_and_on_the_terminal(
    site: Site, desk: Desk, said: Callable[..., str]
) -> None:
    site.answers["/feed"] = feed_of(site, SCRIPTS)
    line = command("poll", site.url("/feed"), home=desk.home)
    code, shown = shown_on_terminal(line, **desk.variables, PYTHONPATH=str(ROOT), TERM="dumb", NO_COLOR="1")
    assert (code in (0, 3), moving(shown)) == (True, set())
    rows = desk.rows("select guid, title, summary from entries order by guid")
    assert sorted(plain(guid) for guid, _, _ in rows) == sorted(map(plain, SCRIPTS.values()))
    titles = {plain(title) for _, title, _ in rows if title}
    assert titles >= {plain(SCRIPTS[name]) for name in ("script", "picture", "markdown", "markup of rich")}
    sql = "select guid, title, summary, authors from entries order by guid"
    for words in (["query", sql], ["feeds", "list"]):
        shown = said(*words)
        assert (moving(shown), "alert(1)" in shown) == (set(), True), words
    found = [json.loads(row) for row in said("query", sql, "--format", "jsonl").splitlines()]
    assert [(row["guid"], row["title"]) for row in found] == [(guid, title) for guid, title, _ in rows]
    assert "<script>" not in said("feeds", "export")
    assert {one.path for one in site.asked if not one.path.startswith("/page/")} == {"/feed", "/robots.txt"}


def test_fault_23_formulas_statements_paths_and_headers_are_bytes_that_do_nothing(
    site: Site, desk: Desk, said: Callable[..., str], tmp_path: Path
) -> None:
    site.answers["/feed"] = feed_of(site, BYTES)
    desk.poll()
    with snapshot(desk.home) as connection:
        views = public_views(connection)
    desk.poll(site.url("/feed"), pages=True)
    desk.advance(days=3)
    desk.poll(pages=True)
    rows = desk.rows("select guid, title from entries")
    assert sorted(plain(guid) for guid, _ in rows) == sorted(map(plain, BYTES.values()))
    assert {plain(title) for _, title in rows} == set(map(plain, BYTES.values()))
    with snapshot(desk.home) as connection:
        assert public_views(connection) == views
    assert [one for one in site.asked if "x-evil" in one.headers or one.path == "/evil"] == []
    sent = [one.headers for one in site.asked if one.path == "/feed"]
    assert [(headers.get("if-none-match"), headers.get("if-modified-since")) for headers in sent] == [
        (None, None),
        ('"a\\b;--"', "=cmd|' /C calc'!A0"),
    ]
    sql = "select guid, title, url from entries order by guid"
    kept = list(csv.reader(io.StringIO(said("query", sql, "--format", "csv"), newline="")))
    assert [row[:2] for row in kept[1:]] == [list(row) for row in desk.rows("select guid, title from entries order by guid")]
    safe = list(csv.reader(io.StringIO(said("query", sql, "--format", "csv", "--safe"), newline="")))
    assert [cell for row in safe for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))] == []
    assert not Path("/tmp", ESCAPED).exists()
    assert [path for path in tmp_path.parent.rglob("*") if ESCAPED in path.name] == []


@pytest.fixture(scope="module")
def hostile() -> Iterator[HostileServer]:
    if not TOOL.exists():
        pytest.skip("the hostile server is not here")
    with hostile_server() as server:
        yield server


def test_faults_22_and_23_of_the_hostile_servers_feeds_every_entry_is_kept_and_nothing_is_asked_for(
    hostile: HostileServer, tmp_path: Path
) -> None:
    desk = desk_at(tmp_path, hostile)
    routes = {"/feed/xss": 8, "/feed/csv": 8, "/feed/sql": 7, "/feed/paths": 7}
    desk.poll(*routes, pages=True)
    assert {route: len(desk.entry_titles(route)) for route in routes} == routes
    assert desk.requests("/ssrf-canary") == []
    assert "'; DROP TABLE articles;--" in desk.entry_titles("/feed/sql")
    assert "=cmd|' /C calc'!A0" in desk.entry_titles("/feed/csv")
    assert "<script>alert(1)</script>" in desk.entry_titles("/feed/xss")
    assert desk.rows("select url from entries where url not like 'http://%'") == []
    assert [path for path in tmp_path.rglob("*") if "pwn" in path.name] == []
