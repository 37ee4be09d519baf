"""Polling as servers see it: a week of every feed of the hostile server, and the faults of politeness, through the whole path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from http_servers import TOOL
from polling_rig import Desk, HostileServer, desk_at, fresh, hostile_server

from tasks.core.feeds.opml import OutlinedFeed
from tasks.core.feeds.schedule import MOVED_AFTER, STARTS_PER_S
from tasks.due import due_feeds, feed_jobs
from tasks.feed_list import add_feeds
from tasks.home import open_home

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not TOOL.exists(), reason="the hostile server is not here")]

FEEDS = (
    "basic etag-only lm-only no-validators weak touch lm-same 304-forever 304-always 304-new-etag lm-2041 maxage maxage-forever expires0 ttl "
    "cookie n path-body url-body xss csv sql paths websub"
)  # fmt: skip
ROUTES = [f"/feed/{name}" for name in FEEDS.split()] + ["/guid/window", "/guid/window-gap", "/status/429-2nd", "/xml/html"]
FAULTS = (
    "ims_stale ims_bogus inm_stale inm_bogus cookies referer query_added head no_user_agent ua_without_contact no_gzip double_within_2s early "
    "favicon canary"
)  # fmt: skip


@pytest.fixture(scope="module")
def shared() -> Iterator[HostileServer]:
    with hostile_server() as server:
        yield server


@pytest.fixture
def desk(shared: HostileServer, tmp_path: Path) -> Iterator[Desk]:
    with fresh(shared) as server:
        yield desk_at(tmp_path, server)


def poll_until(desk: Desk, end: datetime) -> int:
    """Poll what is due, whenever something is, up to a time; return how many rounds that took."""
    rounds = 0
    while (due := desk.rows("select min(next_poll_at) from feeds where is_listed")[0][0]) is not None and due < end:
        move_to(desk, due + timedelta(minutes=20))
        desk.poll()
        rounds += 1
    move_to(desk, end)
    return rounds


def move_to(desk: Desk, at: datetime) -> None:
    desk.advance(seconds=max((at - desk.now).total_seconds(), 0.0))


def faults_seen(desk: Desk, routes: list[str]) -> dict[str, dict[str, int]]:
    scores = {route: desk.score(route) for route in routes}
    return {route: found for route, score in scores.items() if (found := {name: score[name] for name in FAULTS.split() if score[name]})}


def test_a_week_of_every_feed_has_no_fault_over_a_restart_too(desk: Desk, tmp_path: Path) -> None:
    move_to(desk, (desk.now + timedelta(days=1)).replace(hour=12, minute=0))
    began = desk.now
    desk.poll(*ROUTES)
    rounds = 0
    for day in range(1, 8):
        rounds += poll_until(desk, began + timedelta(days=day))
        desk.set(touch=day)
        desk.home = open_home(desk.home.root, wait_s=10)  # every round opens all anew, as a process does that was started again
    assert rounds >= 20
    assert faults_seen(desk, ROUTES) == {}
    scores = {route: desk.score(route) for route in ROUTES}
    assert min(score["requests"] for score in scores.values()) >= 1
    assert min(score["min_interval"] for score in scores.values() if score["min_interval"]) >= 3_600
    assert scores["/feed/maxage-forever"]["requests"] == 1
    assert scores["/feed/no-validators"]["min_interval"] >= 86_400
    assert desk.rows("select count(*) from entries where entry_id is null") == [(0,)]
    assert desk.rows("select count(*) > 150 from entries") == [(True,)]


def test_fault_10_a_window_that_moved_completely_is_reported_and_shortens_the_interval(desk: Desk) -> None:
    desk.poll("/guid/window-gap", "/guid/window")
    before = desk.feed("/guid/window-gap")["interval_s"]
    desk.advance(hours=25)
    desk.poll("/guid/window-gap", "/guid/window")
    assert desk.rows("select gap_count from feed_health where url = ?", desk.url("/guid/window-gap")) == [(1,)]
    assert desk.rows("select gap_count from feed_health where url = ?", desk.url("/guid/window")) == [(0,)]
    assert desk.rows("select resource from outbox where name = 'copydesk.feed.gap'") == [
        (f"copydesk.feed.{desk.feed('/guid/window-gap')['feed_id']}",)
    ]
    assert desk.feed("/guid/window-gap")["why_then"].startswith("all 20 entries are new, some may have passed unseen")
    assert desk.feed("/guid/window-gap")["interval_s"] < before


def test_fault_11_a_touched_feed_whose_body_is_equal_brings_a_304_the_next_time(desk: Desk) -> None:
    desk.poll("/feed/touch")
    desk.set(touch=1)
    desk.advance(hours=25)
    desk.poll("/feed/touch")
    desk.advance(hours=50)
    desk.poll("/feed/touch")
    assert [status for (status,) in desk.rows("select status from polls where kind = 'feed' order by asked_at")] == [200, 200, 304]
    assert desk.rows("select count(*) from captures where kind = 'feed'") == [(1,)]


def test_fault_12_a_304_with_another_etag_is_remembered(desk: Desk) -> None:
    for _ in range(3):
        desk.poll("/feed/304-new-etag")
        desk.advance(hours=26)
    assert desk.score("/feed/304-new-etag")["inm_stale"] == 0
    assert len(desk.requests("/feed/304-new-etag")) == 3


def test_fault_13_a_304_for_ever_is_escaped_within_nine_days(desk: Desk) -> None:
    desk.poll("/feed/304-forever", "/feed/lm-2041")
    before = len(desk.entry_titles("/feed/304-forever"))
    poll_until(desk, desk.now + timedelta(days=9, hours=6))
    assert len(desk.entry_titles("/feed/304-forever")) > before
    assert desk.score("/feed/304-forever")["unconditional"] == 2


def test_fault_14_a_body_that_is_a_path_or_an_address_opens_nothing(desk: Desk) -> None:
    done = desk.poll("/feed/path-body", "/feed/url-body")
    assert {failure.reason for failure in done.failed} == {"not_a_feed"}
    assert desk.requests("/ssrf-canary") == []
    assert desk.rows("select count(*) from entries") == [(0,)]


def test_fault_31_a_clock_that_was_a_day_ahead_brings_neither_storm_nor_standstill(desk: Desk) -> None:
    at = desk.now
    path_of = desk.url("/feed/basic")
    ahead = replace(desk.settings, now=at + timedelta(days=1))
    from flows import path

    path.poll(desk.home, ahead, [path_of], pages=False)
    for hour in range(1, 4):
        path.poll(desk.home, replace(desk.settings, now=at + timedelta(minutes=10 * hour)), pages=False)
    assert len(desk.requests("/feed/basic")) == 1
    path.poll(desk.home, replace(desk.settings, now=at + timedelta(hours=30)), pages=False)
    assert len(desk.requests("/feed/basic")) == 2


@pytest.mark.parametrize("wait", ["ra=200000", "ra=date", "ra=1e9", "ra=99999999"])
def test_fault_32_a_retry_after_is_never_cut_short(desk: Desk, wait: str) -> None:
    route = f"/status/503?{wait}"
    desk.poll(route, "/feed/basic")
    end = desk.now + timedelta(days=3)
    while desk.now < end:
        desk.advance(hours=8)
        desk.poll()
        desk.poll(route)
    assert faults_seen(desk, [route.partition("?")[0], "/feed/basic"]) == {}
    assert desk.requests(route)


def test_fault_32_a_storm_of_503_passes_without_a_storm_of_ours(desk: Desk) -> None:
    desk.poll("/storm?s=30")
    poll_until(desk, desk.now + timedelta(days=1))
    assert faults_seen(desk, ["/storm"]) == {}
    assert len(desk.entry_titles("/storm?s=30")) == 10


def test_fault_33_ten_thousand_due_at_a_restart_are_spread(tmp_path: Path) -> None:
    home, now = open_home(tmp_path / "home"), datetime(2026, 3, 17, 8, tzinfo=timezone.utc)
    add_feeds(home, [OutlinedFeed(url=f"https://paper{number}.example/feed") for number in range(10_000)], now=now)
    with home.locked() as warehouse:
        jobs = feed_jobs(due_feeds(warehouse, now=now), now=now)
    assert len(jobs) == 10_000
    in_second = [0] * 60
    for job in jobs:
        in_second[int(job.after_s)] += 1
    assert max(in_second) == STARTS_PER_S


def test_fault_34_a_captive_portal_changes_no_address_and_is_no_news(desk: Desk) -> None:
    desk.poll("/captive", "/redirect/301/2", "/redirect/302/2")
    for _ in range(MOVED_AFTER + 2):
        desk.advance(days=8)
        desk.poll()
    assert desk.feed("/captive")["asked_url"] == desk.url("/captive")
    assert desk.feed("/redirect/302/2")["asked_url"] == desk.url("/redirect/302/2")
    assert desk.feed("/redirect/301/2")["asked_url"] == desk.url("/feed/basic")
    assert len(desk.entry_titles("/captive")) == 0


def test_fault_32_a_host_that_closes_gets_no_request_for_its_other_feeds(desk: Desk) -> None:
    desk.poll("/status/429?ra=200000")
    closed_at = desk.now
    desk.poll("/feed/basic", "/feed/weak")
    poll_until(desk, closed_at + timedelta(seconds=190_000))
    assert [one for one in desk.requests() if one["path"].startswith("/feed/")] == []
    assert {due for (due,) in desk.rows("select next_poll_at >= ? from feeds", closed_at + timedelta(seconds=199_000))} == {True}


def test_a_gone_feed_is_never_asked_again(desk: Desk) -> None:
    desk.poll("/gone")
    desk.advance(days=30)
    desk.poll()
    assert len(desk.requests("/gone")) == 1
    assert desk.rows("select state from feed_health") == [("gone",)]


@pytest.mark.parametrize("mode", ["500", "slow", "huge", "loop", "reset", "disallow", "429", "bom"])
def test_fault_39_a_robots_txt_that_closes_or_fails_closes_its_site(desk: Desk, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks import fetch

    monkeypatch.setattr(fetch, "ROBOTS_LIMITS", replace(fetch.ROBOTS_LIMITS, total_s=1.5, idle_s=1.0))
    desk.set(robots=mode)
    desk.poll("/feed/basic")
    assert desk.requests("/feed/basic") == []
    assert len(desk.requests("/robots.txt")) >= 1
    assert desk.feed("/feed/basic")["next_poll_at"] > desk.now + timedelta(minutes=30)


@pytest.mark.parametrize("mode", ["404", "403", "allow", "allowfeed", "html"])
def test_fault_39_a_robots_txt_without_rules_against_us_opens_its_site(desk: Desk, mode: str) -> None:
    desk.set(robots=mode)
    desk.poll("/feed/basic")
    assert len(desk.entry_titles("/feed/basic")) == 10
