"""`copydesk feeds`: the list as people keep it, what is said of wrong words, and that what was decided outlives kills and replays."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import WITHOUT_RIGHTS, Done
from small_site import Site, served_site

from flows import replaying
from tasks.core.errors import HomeError
from tasks.decisions import decided
from tasks.home import Home
from tasks.settings import Settings

Call = Callable[..., Done]
Rows = Callable[..., list[tuple[Any, ...]]]

POST, ECHO = "https://post.example/feed.xml", "https://echo.example/atom?a=1&b=2"
OPML = """<opml version="2.0"><head><title>Mine</title></head><body>
<outline text="Papers">
<outline type="rss" text="The Post" xmlUrl="https://post.example/feed.xml" htmlUrl="https://post.example/"/>
<outline type="rss" text="Echo" title="The Echo &amp; Times" xmlUrl="https://echo.example/atom?a=1&amp;b=2"/>
</outline></body></opml>"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with served_site() as served:
        yield served


def listed(call: Call, home: Home | Path, *options: str) -> dict[str, dict[str, Any]]:
    """Return the list by address, as a program gets it."""
    done = call("--json", "feeds", "list", *options, home=home)
    assert (done.code, done.err) == (0, "")
    return {feed["url"]: feed for feed in json.loads(done.out)["feeds"]}


def imported(call: Call, home: Home, folder: Path, opml: str = OPML, *options: str) -> Done:
    (folder / "mine.opml").write_text(opml, "utf-8")
    return call("feeds", "import", str(folder / "mine.opml"), *options, home=home)


def test_an_empty_list_says_how_to_fill_it(call: Call, home: Home) -> None:
    assert "copydesk feeds add URL" in call("feeds", "list", home=home).out


def test_what_is_added_is_listed_and_due_at_once(call: Call, home: Home) -> None:
    assert call("feeds", "add", POST, ECHO, POST, home=home).out == "2 added\n"
    shown = call("feeds", "list", home=home)
    assert [line.split()[-1] for line in shown.out.splitlines()[2:]] == [ECHO, POST]
    assert "never asked: due at once" in shown.out
    assert {feed["state"] for feed in listed(call, home).values()} == {"new"}


def test_what_is_on_the_list_stays_as_it_is_but_for_another_outlet(call: Call, home: Home) -> None:
    call("feeds", "add", POST, home=home)
    assert call("feeds", "add", POST, ECHO, home=home).out == "1 added, 1 on the list already\n"
    changed = call("--json", "feeds", "add", POST, "--outlet", "The Post", home=home)
    assert json.loads(changed.out) == {"added": 0, "changed": 1, "unchanged": 0, "urls": [POST]}
    assert call("feeds", "add", POST, "--outlet", "The Post", home=home).out == "0 added, 1 on the list already\n"
    assert {url: feed["outlet"] for url, feed in listed(call, home).items()} == {POST: "The Post", ECHO: None}


def test_what_is_removed_is_shown_with_all_and_can_be_added_again(call: Call, home: Home) -> None:
    call("feeds", "add", POST, "--outlet", "The Post", home=home)
    assert call("feeds", "remove", POST, home=home).out == "1 removed\n"
    assert listed(call, home) == {}
    assert listed(call, home, "--all")[POST]["state"] == "removed"
    again = call("feeds", "remove", POST, home=home)
    assert (again.code, len(again.errors)) == (2, 1)
    call("feeds", "add", POST, home=home)
    assert listed(call, home)[POST]["outlet"] == "The Post"


@pytest.mark.parametrize(
    "words",
    [["add", POST, "post.example"], ["add", "ftp://post.example/feed"], ["add", "https://post.example:99999/"], ["remove", POST, ECHO], ["import", "{opml}"]],
    ids=" ".join,
)  # fmt: skip
def test_a_wrong_word_changes_nothing(call: Call, home: Home, tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "a.opml").write_text("<opml><body><outline text='none'/></body></opml>", "utf-8")
    done = call("feeds", *(word.format(opml=tmp_path / "a.opml") for word in words), home=home)
    assert (done.code, done.out, len(done.errors)) == (2, "", 1)
    assert not home.decisions.exists()


@pytest.mark.parametrize("words", [["add", "post.example"], ["import", "none.opml"], ["list"], ["remove", POST], ["export"], ["check", "post.example"]], ids=" ".join)  # fmt: skip
def test_a_home_is_made_only_for_feeds(call: Call, tmp_path: Path, words: list[str]) -> None:
    done = call("feeds", *words, home=tmp_path / "none")
    assert (done.code in (1, 2), len(done.errors) + len(done.out.splitlines())) == (True, 1)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is no OPML list"),
        ("just words", "is no OPML list"),
        ("<rss version='2.0'><channel/></rss>", "is no OPML list"),
        ("<opml><body><outline", "is no OPML list"),
        ('<!DOCTYPE opml [<!ENTITY a "b">]><opml><body/></opml>', "names no feed"),
        ("<opml><body/></opml>", "names no feed"),
        ("<opml><body><outline xmlUrl='file:///etc/passwd'/></body></opml>", "names no feed"),
    ],
)
def test_a_file_that_is_no_list_says_so(call: Call, home: Home, tmp_path: Path, content: str, said: str) -> None:
    done = imported(call, home, tmp_path, content)
    assert (done.code, done.out, len(done.errors)) == (2, "", 1)
    assert f"mine.opml: {said}" in done.err
    assert "; give" in done.err or "; export" in done.err


def test_a_list_gives_titles_and_the_outlet_that_is_given(call: Call, home: Home, tmp_path: Path) -> None:
    done = imported(call, home, tmp_path, OPML, "--outlet", "Papers of ours")
    assert (done.code, done.out) == (0, "2 added\n")
    found = listed(call, home)
    assert {url: feed["title"] for url, feed in found.items()} == {POST: "The Post", ECHO: "The Echo & Times"}
    assert {feed["outlet"] for feed in found.values()} == {"Papers of ours"}
    assert imported(call, home, tmp_path).out == "0 added, 2 on the list already\n"


def test_an_address_in_a_list_that_is_none_is_named_and_the_rest_is_taken(call: Call, home: Home, tmp_path: Path) -> None:
    done = imported(call, home, tmp_path, OPML.replace("</body>", "<outline text='x' xmlUrl='ftp://old.example/feed'/></body>"))
    assert (done.code, done.out, len(done.errors)) == (3, "2 added\n", 1)
    assert "ftp://old.example/feed" in done.err


def test_what_is_exported_is_read_as_any_reader_reads_it(call: Call, home: Home, tmp_path: Path) -> None:
    imported(call, home, tmp_path)
    file = tmp_path / "out.opml"
    done = call("feeds", "export", str(file), home=home)
    assert (done.code, done.out) == (0, "")
    root = ElementTree.parse(file).getroot()
    assert (root.tag, root.get("version"), [child.tag for child in root]) == ("opml", "2.0", ["head", "body"])
    outlines = {outline.get("xmlUrl"): outline.attrib for outline in root.iter("outline")}
    assert outlines[POST] == {"type": "rss", "text": "The Post", "title": "The Post", "xmlUrl": POST, "htmlUrl": "https://post.example/"}
    assert outlines[ECHO]["text"] == "The Echo & Times"
    assert call("feeds", "export", home=home).out == file.read_text("utf-8")
    assert json.loads(call("--json", "feeds", "export", home=home).out)["opml"] == file.read_text("utf-8")


def test_a_list_that_is_exported_and_imported_is_the_same_list(call: Call, home: Home, tmp_path: Path) -> None:
    imported(call, home, tmp_path)
    call("feeds", "add", "https://untitled.example/f\N{LATIN SMALL LETTER E WITH ACUTE}", home=home)
    call("feeds", "export", str(tmp_path / "out.opml"), home=home)
    call("feeds", "import", str(tmp_path / "out.opml"), home=tmp_path / "other")
    call("feeds", "export", str(tmp_path / "again.opml"), home=tmp_path / "other")
    assert (tmp_path / "again.opml").read_bytes() == (tmp_path / "out.opml").read_bytes()
    assert listed(call, tmp_path / "other").keys() == listed(call, home).keys()


def test_a_page_is_added_by_the_feed_that_it_announces(call: Call, home: Home, site: Site) -> None:
    page = f"http://127.0.0.1:{site.port}"
    variables = {"COPYDESK_ALLOW_HOSTS": "127.0.0.1", "COPYDESK_HOST_GAP_S": "0"}
    none = call("feeds", "add", "--discover", f"{page}/1", home=home, **variables)
    assert (none.code, none.out, len(none.errors)) == (2, "", 1)
    assert f"{page}/1: " in none.err
    done = call("feeds", "add", "--discover", site.feed, home=home, **variables)
    assert done.out == f"1 added\n{site.feed}\n"
    assert list(listed(call, home)) == [site.feed]


def test_a_list_outlives_a_replay_in_its_place_and_into_another_folder(
    call: Call, home: Home, settings: Settings, tmp_path: Path, rows: Rows
) -> None:
    imported(call, home, tmp_path, OPML, "--outlet", "Ours")
    call("feeds", "add", "https://gone.example/f", home=home)
    call("feeds", "remove", "https://gone.example/f", home=home)
    wanted = listed(call, home, "--all")
    replaying.replay(home, settings)
    assert listed(call, home, "--all") == wanted
    replaying.replay(home, settings, into=tmp_path / "into")
    assert listed(call, tmp_path / "into", "--all") == wanted
    assert len(rows(home, "select url from feeds where is_listed")) == 2


def test_what_was_decided_before_a_kill_is_on_the_list(call: Call, home: Home) -> None:
    """The line is durable, the row is not there yet: as after a kill between the two."""
    call("feeds", "add", POST, home=home)
    with home.decisions.open("a") as file:
        for what, url in (("feed.add", ECHO), ("feed.remove", POST)):
            file.write(json.dumps({"what": what, "url": url, "at": "2026-03-18T09:00:00Z"}) + "\n")
    assert list(listed(call, home)) == [ECHO]


def test_a_last_line_that_was_cut_short_does_not_count(call: Call, home: Home) -> None:
    call("feeds", "add", POST, ECHO, home=home)
    whole = home.decisions.read_bytes()
    home.decisions.write_bytes(whole + whole[:40])
    assert set(listed(call, home)) == {POST, ECHO}
    assert call("feeds", "remove", POST, home=home).code == 0
    assert [(decision["what"], decision["url"]) for decision in decided(home)] == [
        ("feed.add", POST), ("feed.add", ECHO), ("feed.remove", POST)
    ]  # fmt: skip


def test_a_last_line_without_its_end_counts_where_it_is_whole(call: Call, home: Home) -> None:
    call("feeds", "add", POST, home=home)
    home.decisions.write_bytes(home.decisions.read_bytes().rstrip(b"\n"))
    assert list(listed(call, home)) == [POST]
    call("feeds", "add", ECHO, home=home)
    assert [decision["url"] for decision in decided(home)] == [POST, ECHO]


@pytest.mark.parametrize(
    "line",
    [
        b"words", b"[]", b"{}", b'{"what": "feed.add", "url": "https://a.example/"}', b'{"what": 1, "at": "2026-03-18"}',
        b'{"what": "feed.add", "url": "https://a.example/", "at": "yesterday"}', b"[" * 100_000, b"\xff\xfe",
    ],
    ids=lambda line: line[:60].decode("ascii", "replace"),
)  # fmt: skip
def test_a_line_that_is_no_decision_is_named_by_its_number(home: Home, line: bytes) -> None:
    home.decisions.write_bytes(b"\n" + line + b"\n")
    with pytest.raises(HomeError, match=r"decisions\.jsonl: line 2 is no decision \(.+\); mend or remove the line"):
        decided(home)


@pytest.mark.parametrize(
    "said", [{}, {"url": 1}, {"url": "a.example"}, {"url": POST, "title": ["a"]}, {"url": POST + "\ud800"}], ids=json.dumps
)
def test_a_decision_on_no_feed_is_shown_and_nothing_is_changed(call: Call, home: Home, said: dict[str, object]) -> None:
    line = json.dumps({"what": "feed.add", "at": "2026-03-18", **said})
    home.decisions.write_text(line + "\n", "utf-8")
    done = call("feeds", "add", ECHO, home=home)
    assert (done.code, done.out, len(done.errors)) == (1, "", 1)
    assert f"decisions.jsonl: a decision on a feed cannot be read: {line}; mend or remove the line" in done.err
    assert home.decisions.read_text("utf-8") == line + "\n"


def test_a_removal_of_what_was_never_added_is_nothing(call: Call, home: Home) -> None:
    home.decisions.write_text(json.dumps({"what": "feed.remove", "url": POST, "at": "2026-03-18"}) + "\n", "utf-8")
    assert listed(call, home, "--all") == {}


def test_decisions_of_other_kinds_are_let_be(call: Call, home: Home) -> None:
    home.decisions.write_text(json.dumps({"what": "story.pin", "at": "2026-03-18"}) + "\n", "utf-8")
    call("feeds", "add", POST, home=home)
    assert [decision["what"] for decision in decided(home)] == ["story.pin", "feed.add"]


@pytest.mark.skipif(os.geteuid() != 0, reason="setpriv takes rights away only from who has them")
def test_a_home_that_is_read_only_says_so(call: Call, run: Call, home: Home) -> None:
    call("feeds", "add", POST, home=home)
    folders = [home.root, *(folder for folder in home.root.rglob("*"))]
    for folder in folders:
        folder.chmod(folder.stat().st_mode & ~0o222)
    for words in (["add", ECHO], ["list"]):
        done = run("feeds", *words, home=home, before=WITHOUT_RIGHTS)
        assert (done.code, done.out, len(done.errors)) == (1, "", 1)
        assert "mend" in done.err


def test_the_list_is_plain_text_whatever_the_terminal_wants(call: Call, run: Call, home: Home) -> None:
    call("feeds", "add", POST, home=home)
    done = run("--quiet", "feeds", "list", home=home, FORCE_COLOR="1")
    assert done.out == call("feeds", "list", home=home, NO_COLOR="1").out
    assert ("\x1b" in done.out, done.err) == (False, "")
