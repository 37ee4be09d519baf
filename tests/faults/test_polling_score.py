"""Polling as servers see it: a week of every feed of the hostile server, and the faults of politeness, through the whole path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hostile_rig import TOOL, Rig, hostile, new_rig

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


@pytest.fixture
def server() -> Iterator[Any]:
    with hostile() as running:
        yield running


@pytest.fixture
def rig(server: Any, tmp_path: Path) -> Rig:
    return new_rig(server, tmp_path / "home")


def poll_until(rig: Rig, end: datetime) -> int:
    """Poll what is due, whenever something is, up to a time; return how many rounds that took."""
    rounds = 0
    while (due := rig.first_due()) is not None and due < end:
        rig.move_to(due + timedelta(minutes=20))
        rig.poll()
        rounds += 1
    rig.move_to(end)
    return rounds


def faults_seen(rig: Rig, routes: list[str]) -> dict[str, dict[str, int]]:
    scores = {route: rig.server.score(route) for route in routes}
    return {route: found for route, score in scores.items() if (found := {name: score[name] for name in FAULTS.split() if score[name]})}


def test_a_week_of_every_feed_has_no_fault_over_a_restart_too(rig: Rig, tmp_path: Path) -> None:
    rig.move_to((rig.now() + timedelta(days=1)).replace(hour=12, minute=0))
    began = rig.now()
    rig.poll(*ROUTES)
    rounds = 0
    for day in range(1, 8):
        rounds += poll_until(rig, began + timedelta(days=day))
        rig.server.set(touch=day)
        rig.home = open_home(rig.home.root, wait_s=10)  # every round opens all anew, as a process does that was started again
    assert rounds >= 20
    assert faults_seen(rig, ROUTES) == {}
    scores = {route: rig.server.score(route) for route in ROUTES}
    assert min(score["requests"] for score in scores.values()) >= 1
    assert min(score["min_interval"] for score in scores.values() if score["min_interval"]) >= 3_600
    assert scores["/feed/maxage-forever"]["requests"] == 1
    assert scores["/feed/no-validators"]["min_interval"] >= 86_400
    assert rig.rows("select count(*) from entries where entry_id is null") == [(0,)]
    assert rig.rows("select count(*) > 150 from entries") == [(True,)]


def test_fault_10_a_window_that_moved_completely_is_reported_and_shortens_the_interval(rig: Rig) -> None:
    rig.poll("/guid/window-gap", "/guid/window")
    before = rig.feed("/guid/window-gap")["interval_s"]
    rig.later(hours=25)
    rig.poll("/guid/window-gap", "/guid/window")
    assert rig.rows("select gap_count from feed_health where url = ?", [rig.server.url("/guid/window-gap")]) == [(1,)]
    assert rig.rows("select gap_count from feed_health where url = ?", [rig.server.url("/guid/window")]) == [(0,)]
    assert rig.rows("select resource from outbox where name = 'copydesk.feed.gap'") == [(rig.feed("/guid/window-gap")["feed_id"],)]
    assert rig.feed("/guid/window-gap")["why_then"].startswith("all 20 entries are new, some may have passed unseen")
    assert rig.feed("/guid/window-gap")["interval_s"] < before


def test_fault_11_a_touched_feed_whose_body_is_equal_brings_a_304_the_next_time(rig: Rig) -> None:
    rig.poll("/feed/touch")
    rig.server.set(touch=1)
    rig.later(hours=25)
    rig.poll("/feed/touch")
    rig.later(hours=50)
    rig.poll("/feed/touch")
    assert [status for (status,) in rig.rows("select status from polls where kind = 'feed' order by asked_at")] == [200, 200, 304]
    assert rig.rows("select count(*) from captures where kind = 'feed'") == [(1,)]


def test_fault_12_a_304_with_another_etag_is_remembered(rig: Rig) -> None:
    for _ in range(3):
        rig.poll("/feed/304-new-etag")
        rig.later(hours=26)
    assert rig.server.score("/feed/304-new-etag")["inm_stale"] == 0
    assert len(rig.asked("/feed/304-new-etag")) == 3


def test_fault_13_a_304_for_ever_is_escaped_within_nine_days(rig: Rig) -> None:
    rig.poll("/feed/304-forever", "/feed/lm-2041")
    before = rig.entries("/feed/304-forever")
    poll_until(rig, rig.now() + timedelta(days=9, hours=6))
    assert rig.entries("/feed/304-forever") > before
    assert rig.server.score("/feed/304-forever")["unconditional"] == 2


def test_fault_14_a_body_that_is_a_path_or_an_address_opens_nothing(rig: Rig) -> None:
    done = rig.poll("/feed/path-body", "/feed/url-body")
    assert {failure.reason for failure in done.failed} == {"not_a_feed"}
    assert rig.asked("/ssrf-canary") == []
    assert rig.rows("select count(*) from entries") == [(0,)]


def test_fault_31_a_clock_that_was_a_day_ahead_brings_neither_storm_nor_standstill(rig: Rig) -> None:
    at = rig.now()
    path_of = rig.server.url("/feed/basic")
    ahead = replace(rig.settings, now=at + timedelta(days=1))
    from flows import path

    path.poll(rig.home, ahead, [path_of], pages=False)
    for hour in range(1, 4):
        path.poll(rig.home, replace(rig.settings, now=at + timedelta(minutes=10 * hour)), pages=False)
    assert len(rig.asked("/feed/basic")) == 1
    path.poll(rig.home, replace(rig.settings, now=at + timedelta(hours=30)), pages=False)
    assert len(rig.asked("/feed/basic")) == 2


@pytest.mark.parametrize("wait", ["ra=200000", "ra=date", "ra=1e9", "ra=99999999"])
def test_fault_32_a_retry_after_is_never_cut_short(rig: Rig, wait: str) -> None:
    route = f"/status/503?{wait}"
    rig.poll(route, "/feed/basic")
    end = rig.now() + timedelta(days=3)
    while rig.now() < end:
        rig.later(hours=8)
        rig.poll()
        rig.poll(route)
    assert faults_seen(rig, [route.partition("?")[0], "/feed/basic"]) == {}
    assert rig.asked(route)


def test_fault_32_a_storm_of_503_passes_without_a_storm_of_ours(rig: Rig) -> None:
    rig.poll("/storm?s=30")
    poll_until(rig, rig.now() + timedelta(days=1))
    assert faults_seen(rig, ["/storm"]) == {}
    assert rig.entries("/storm?s=30") == 10


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


def test_fault_34_a_captive_portal_changes_no_address_and_is_no_news(rig: Rig) -> None:
    rig.poll("/captive", "/redirect/301/2", "/redirect/302/2")
    for _ in range(MOVED_AFTER + 2):
        rig.later(days=8)
        rig.poll()
    assert rig.feed("/captive")["asked_url"] == rig.server.url("/captive")
    assert rig.feed("/redirect/302/2")["asked_url"] == rig.server.url("/redirect/302/2")
    assert rig.feed("/redirect/301/2")["asked_url"] == rig.server.url("/feed/basic")
    assert rig.entries("/captive") == 0


def test_a_gone_feed_is_never_asked_again(rig: Rig) -> None:
    rig.poll("/gone")
    rig.later(days=30)
    rig.poll()
    assert len(rig.asked("/gone")) == 1
    assert rig.rows("select state from feed_health") == [("gone",)]


@pytest.mark.parametrize("mode", ["500", "slow", "huge", "loop", "reset", "disallow", "429", "bom"])
def test_fault_39_a_robots_txt_that_closes_or_fails_closes_its_site(rig: Rig, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks import fetch

    monkeypatch.setattr(fetch, "ROBOTS_LIMITS", replace(fetch.ROBOTS_LIMITS, total_s=1.5, idle_s=1.0))
    rig.server.set(robots=mode)
    rig.poll("/feed/basic")
    assert rig.asked("/feed/basic") == []
    assert len(rig.asked("/robots.txt")) >= 1
    assert rig.feed("/feed/basic")["next_poll_at"] > rig.now() + timedelta(minutes=30)


@pytest.mark.parametrize("mode", ["404", "403", "allow", "allowfeed", "html"])
def test_fault_39_a_robots_txt_without_rules_against_us_opens_its_site(rig: Rig, mode: str) -> None:
    rig.server.set(robots=mode)
    rig.poll("/feed/basic")
    assert rig.entries("/feed/basic") == 10
