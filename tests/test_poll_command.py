"""`copydesk poll` and `extract URL` as users and programs meet them: what is said, what is asked, how they end."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from processes import NOW, Done
from small_site import Site, served_site

from tasks.home import POLL_LOCK, Home

Call = Callable[..., Done]

COUNTS = {
    "feeds_due", "feeds_new", "feeds_unchanged", "feeds_failed", "requests", "entries_new", "pages_fetched", "pages_later", "pages_failed", "captures_new",
    "articles_new", "versions_new", "stories_new", "copies_new", "rejected", "failed",
}  # fmt: skip
KIND = {"COPYDESK_ALLOW_HOSTS": "127.0.0.1", "COPYDESK_HOST_GAP_S": "0", "COPYDESK_WORKERS": "1", "COPYDESK_NOW": NOW.isoformat()}
CONTACT = {"COPYDESK_CONTACT": "desk@paper.example"}


@pytest.fixture(scope="module")
def served() -> Iterator[Site]:
    with served_site() as one:
        yield one


@pytest.fixture
def site(served: Site) -> Site:
    """The site, as if nobody had asked it yet."""
    served.asked.clear()
    return served


@pytest.fixture
def poll(call: Call, home: Home) -> Callable[..., Done]:
    """The command with a contact: poll(*words, **variables)."""

    def polled(*words: str, **variables: str) -> Done:
        return call("poll", *words, home=home, **{**KIND, **CONTACT, **variables})

    return polled


def test_an_empty_list_says_how_to_fill_it(poll: Call) -> None:
    done = poll()
    assert (done.code, len(done.errors)) == (0, 1)
    assert "copydesk feeds add URL" in done.err
    assert done.out.startswith("0 feeds due")


def test_a_feed_and_its_pages_come_with_one_call(poll: Call, site: Site, home: Home, call: Call) -> None:
    done = poll("--json", site.feed)
    counts = json.loads(done.out)
    assert (done.code, done.err, set(counts)) == (0, "", COUNTS)
    wanted = {"feeds_due": 1, "feeds_new": 1, "requests": 5, "entries_new": 3, "pages_fetched": 3, "articles_new": 3, "versions_new": 3}
    assert {name: counts[name] for name in wanted} == wanted
    listed = json.loads(call("--json", "feeds", "list", home=home).out)["feeds"]
    assert [(feed["url"], feed["title"], feed["state"]) for feed in listed] == [(site.feed, "Harbour", "good")]


def test_within_the_hour_a_feed_is_not_asked_and_that_is_said(poll: Call, site: Site) -> None:
    poll("--no-pages", site.feed)
    asked = dict(site.asked)
    done = poll("--no-pages", site.feed)
    assert (done.code, len(done.errors), done.out[:11]) == (0, 1, "0 feeds due")
    assert f"{site.feed}: not asked before 2026-03-18T10:00:00Z: a feed is asked once an hour at most" in done.err
    assert dict(site.asked) == asked
    assert poll("--quiet", "--no-pages", site.feed).err == ""
    done = poll("--no-pages")
    assert (done.code, len(done.errors)) == (0, 1), "where nothing is due, the next feed is named"
    assert "no feed is due before 2026-03-18T1" in done.err
    assert site.feed in done.err


def test_later_the_server_is_asked_whether_anything_changed(poll: Call, site: Site) -> None:
    poll("--no-pages", site.feed)
    counts = json.loads(poll("--json", "--no-pages", COPYDESK_NOW="2026-03-20T09:00:00Z").out)
    assert (counts["feeds_due"], counts["feeds_unchanged"], counts["entries_new"]) == (1, 1, 0)


@pytest.mark.parametrize("options", [[], ["--quiet"], ["--json"]], ids=str)
def test_without_a_contact_one_line_warns(call: Call, home: Home, options: list[str]) -> None:
    done = call(*options, "poll", home=home, **KIND, COPYDESK_CONTACT="")
    assert done.code == 0
    assert [line for line in done.errors if "feeds add" not in line] == [done.errors[0]]
    assert "COPYDESK_CONTACT is not set" in done.errors[0]


@pytest.mark.parametrize("feed", ["missing.xml", "1"])
def test_a_feed_that_cannot_be_had_or_is_none_is_named(poll: Call, site: Site, feed: str) -> None:
    bad = f"http://127.0.0.1:{site.port}/{feed}"
    done = poll(bad)
    assert (done.code, len(done.errors)) == (1, 1)
    assert f"{bad}: " in done.err
    partly = poll("--no-pages", bad + "?again", site.feed)
    assert (partly.code, len(partly.errors)) == (3, 1)
    assert "1 new, 0 unchanged, 1 failed" in partly.out


def test_a_private_address_is_refused_with_the_setting_that_allows_it(poll: Call, site: Site) -> None:
    done = poll(site.feed, COPYDESK_ALLOW_HOSTS="")
    assert done.code == 1
    assert site.asked == {}
    assert "no answer (address)" in done.err or "COPYDESK_ALLOW_HOSTS" in done.err


def test_without_pages_they_wait_for_another_time(poll: Call, site: Site) -> None:
    first = json.loads(poll("--json", "--no-pages", site.feed).out)
    assert (first["entries_new"], first["pages_fetched"]) == (3, 0)
    assert json.loads(poll("--json").out)["pages_fetched"] == 3


def test_a_list_in_a_file_is_polled_and_put_on_the_list(poll: Call, site: Site, home: Home, call: Call, tmp_path: Path) -> None:
    (tmp_path / "mine.opml").write_text(f'<opml><body><outline text="Mine" xmlUrl="{site.feed}"/></body></opml>', "utf-8")
    assert json.loads(poll("--json", "--no-pages", str(tmp_path / "mine.opml")).out)["feeds_new"] == 1
    assert site.feed in call("feeds", "list", home=home).out


def test_a_wrong_word_asks_nobody(poll: Call, site: Site) -> None:
    done = poll(site.feed, "no-such.opml")
    assert (done.code, done.out, len(done.errors)) == (2, "", 1)
    assert site.asked == {}


def test_what_was_taken_off_the_list_is_not_asked(poll: Call, site: Site, home: Home, call: Call) -> None:
    call("feeds", "add", site.feed, home=home)
    call("feeds", "remove", site.feed, home=home)
    assert poll().code == 0
    assert site.asked == {}


def test_while_another_one_polls_it_ends_with_4(call: Call, home: Home, site: Site) -> None:
    descriptor = os.open(home.root / POLL_LOCK, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        done = call("--wait", "0.2", "poll", site.feed, home=home, **KIND, **CONTACT)
    finally:
        os.close(descriptor)
    assert (done.code, done.out, len(done.errors), site.asked) == (4, "", 1, {})


def test_a_page_of_the_web_is_shown_and_nothing_is_stored(call: Call, site: Site, tmp_path: Path) -> None:
    done = call("--json", "extract", f"http://127.0.0.1:{site.port}/1", home=tmp_path / "none", **KIND)
    found = json.loads(done.out)
    assert (done.code, "Ferry" in found["title"], "council of ward" in found["text"]) == (0, True, True)
    assert site.asked == {"/robots.txt": 1, "/1": 1}
    assert not (tmp_path / "none").exists()


def test_a_page_that_is_not_there_is_refused_and_one_that_cannot_be_had_fails(call: Call, site: Site, tmp_path: Path) -> None:
    refused = call("extract", f"http://127.0.0.1:{site.port}/missing", home=tmp_path, **KIND)
    assert (refused.code, "HTTP 404" in refused.out) == (0, True)
    failed = call("extract", "http://10.0.0.1/1", home=tmp_path, **KIND)
    assert (failed.code, failed.out, len(failed.errors)) == (1, "", 1)
