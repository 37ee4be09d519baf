"""Clocks that jump, zones that change their hour, a machine that was years ahead: no feed is asked too early, and none waits for ever."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hostile_pages import page_of
from polling_rig import Desk, Says, Site, desk_at, own_site, rss_of
from processes import run_command

from flows import path
from tasks.core.feeds.caching import MAX_RETRY_S
from tasks.core.feeds.schedule import MAX_INTERVAL_S, MAX_LOST_S, MIN_INTERVAL_S

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
HOUR = timedelta(seconds=MIN_INTERVAL_S)
YEARS = timedelta(days=16 * 365)
ZONES = {  # in which the tests stand on both sides of a change, and when that is: IANA tz 2026a
    "New York, forward": ("America/New_York", "2026-03-08T06:50+00:00"),
    "New York, back": ("America/New_York", "2026-11-01T05:50+00:00"),
}


@pytest.fixture
def site() -> Iterator[Site]:
    with own_site() as served:
        yield served


@pytest.fixture
def zone() -> Iterator[None]:
    """Let a test set TZ by monkeypatch, which it asks for after this; the process knows what it was before again."""
    yield
    time.tzset()


def poll_at(desk: Desk, at: datetime, *feeds: str, pages: bool = False) -> None:
    """Do a round at a time that stands still."""
    path.poll(desk.home, replace(desk.settings, now=at), feeds, pages=pages)


def waits(desk: Desk, now: datetime) -> list[timedelta]:
    """Return how long each feed waits from a time on."""
    return [at - now for (at,) in desk.rows("select next_poll_at from feeds where is_listed")]


@pytest.mark.parametrize(("name", "text"), ZONES.values(), ids=ZONES)
def test_fault_31_an_hour_is_an_hour_over_a_change_of_the_zone(
    site: Site, tmp_path: Path, zone: None, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv("TZ", name)
    time.tzset()
    before = datetime.fromisoformat(text)
    change_s = [(before + timedelta(hours=hours)).astimezone(ZoneInfo(name)).utcoffset() for hours in (0, 1)]
    assert change_s[0] != change_s[1]
    site.answers["/feed"] = Says(rss_of(1, 2), headers=(("ETag", '"1"'),))
    desk = desk_at(tmp_path)
    local = before.astimezone(ZoneInfo(name))  # as a clock gives it that speaks in its own zone
    poll_at(desk, local, site.url("/feed"))
    (planned,) = waits(desk, before)
    assert HOUR <= planned <= HOUR * 1.2
    for minutes in (5, 30, 59):
        poll_at(desk, (before + timedelta(minutes=minutes)).astimezone(ZoneInfo(name)))
        poll_at(desk, (before + timedelta(minutes=minutes)).astimezone(ZoneInfo(name)), site.url("/feed"))
    assert site.count("/feed") == 1
    poll_at(desk, (before + planned).astimezone(ZoneInfo(name)))
    assert site.count("/feed") == 2
    assert HOUR <= waits(desk, before + planned)[0] <= HOUR * 1.5


def test_fault_31_a_clock_that_jumps_back_an_hour_and_on_a_day_asks_nobody_within_the_hour(site: Site, tmp_path: Path) -> None:
    routes = [f"/feed/{number}" for number in range(3)]
    for route in routes:
        site.answers[route] = Says(rss_of(1, 2, 3), headers=(("ETag", '"1"'),))
    desk = desk_at(tmp_path)
    true, offset = datetime.fromisoformat("2026-03-17T08:00+00:00"), timedelta()
    asked: dict[str, list[datetime]] = {route: [] for route in routes}
    jumps = {4: timedelta(hours=-1), 13: timedelta(days=1), 21: timedelta(days=-1)}  # number of the step: of 20 minutes each
    for step in range(33):
        offset += jumps.get(step, timedelta())
        before = {route: site.count(route) for route in routes}
        poll_at(desk, true + offset, *(map(site.url, routes) if step == 0 else ()))
        for route in routes:
            asked[route] += [true] * (site.count(route) - before[route])
        assert max(waits(desk, true + offset)) <= timedelta(seconds=MAX_INTERVAL_S * 1.1)
        true += timedelta(minutes=20)
    for route in routes:
        times = asked[route]
        early = [two - one for one, two in pairwise(times) if two - one < HOUR]
        assert len(early) <= 1, "at the jump on by a day, which no process can tell from a day"
        assert len(times) >= 4
    assert all(true - times[-1] < timedelta(hours=4) for times in asked.values())


@pytest.fixture
def ahead(site: Site, tmp_path: Path) -> tuple[Desk, datetime, list[str]]:
    """A desk whose clock was years ahead for one round, over feeds that answer all kinds of things."""
    site.answers |= {
        "/good": Says(rss_of(1, site=site.url("/page")), headers=(("ETag", '"1"'),)),
        "/bare": Says(rss_of(1)),
        "/fresh": Says(rss_of(1), headers=(("Cache-Control", "max-age=900000"),)),
        "/missing": Says(status=404),
        "/broken": Says(status=500),
        "/closes": Says(status=503, headers=(("Retry-After", "86400"),)),
        "/gone": Says(status=410),
        "/page/1": Says(status=500),
    }
    now = datetime.fromisoformat("2026-03-17T08:00+00:00")
    desk = desk_at(tmp_path).named_hosts(*(f"h{number}.example" for number in range(7)), port=site.port)
    feeds = [f"http://h{number}.example{route}" for number, route in enumerate(list(site.answers)[:7])]
    poll_at(desk, now + YEARS, *feeds, pages=True)
    assert site.count("/page/1") == 1
    assert min(waits_of(desk, now + YEARS, feeds[:-1])) >= HOUR
    return desk, now, feeds


def waits_of(desk: Desk, now: datetime, feeds: list[str]) -> list[timedelta]:
    return [desk.feed(url)["next_poll_at"] - now for url in feeds]


@pytest.mark.parametrize("is_named", [False, True], ids=["what is due", "named by a person"])
def test_fault_31_a_round_of_a_clock_that_was_years_ahead_leaves_no_wait_of_years(
    ahead: tuple[Desk, datetime, list[str]], site: Site, is_named: bool
) -> None:
    desk, now, feeds = ahead
    site.asked.clear()
    poll_at(desk, now, *(feeds[:-1] if is_named else ()))
    assert [one.path for one in site.asked] == []
    assert max(waits_of(desk, now, feeds[:-1])) <= timedelta(seconds=MAX_LOST_S * 1.1)
    for day in range(10):
        poll_at(desk, now + timedelta(days=day, hours=0.5), pages=True)
    for url in feeds[:-1]:
        route = url[url.index("/", 8) :]
        assert site.count(route) >= 1, route
    assert site.count("/page/1") >= 1
    assert site.count("/robots.txt") >= 7
    sent = ["if-none-match" in one.headers for one in site.asked if one.path == "/good"]
    assert (sent.count(True) >= 5, False in sent) == (True, True), "validators are dropped within nine days, as by any clock"
    assert (site.count("/gone"), desk.feed(feeds[-1])["next_poll_at"]) == (0, None)


@pytest.mark.parametrize("fetches", [False, True], ids=["announced", "fetched"])
def test_fault_31_a_page_of_a_clock_that_was_years_ahead_is_asked_for_once_and_again_when_it_changed(
    site: Site, tmp_path: Path, fetches: bool
) -> None:
    now = datetime.fromisoformat("2026-03-17T08:00+00:00")
    desk = desk_at(tmp_path)
    site.answers |= {
        "/feed": Says(rss_of(1, site=site.url("/page"))),
        "/page/1": Says(page_of("<p>And more.</p>"), headers=(("Content-Type", "text/html"),)),
    }
    poll_at(desk, now + YEARS, site.url("/feed"), pages=fetches)
    assert site.count("/page/1") == fetches
    for hours in (0, 30, 60):
        poll_at(desk, now + timedelta(hours=hours), pages=True)
    assert site.count("/page/1") == 1
    site.answers["/feed"] = Says(rss_of(1, site=site.url("/page")).replace(b"Story 1", b"Story 1, mended"))
    for hours in (100, 140, 180):
        poll_at(desk, now + timedelta(hours=hours), pages=True)
    assert site.count("/page/1") == 2


def test_fault_31_a_claim_of_a_clock_that_was_years_ahead_is_no_wait_of_years(site: Site, tmp_path: Path) -> None:
    site.answers["/feed"] = Says(rss_of(1))
    desk, now = desk_at(tmp_path), datetime.fromisoformat("2026-03-17T08:00+00:00")
    poll_at(desk, now, site.url("/feed"))
    then = now + YEARS
    killed = run_command(
        "poll",
        home=desk.home,
        **desk.variables | {"PYTHONPATH": str(ROOT), "COPYDESK_NOW": then.isoformat(), "COPYDESK_KILL_AT": "poll.claimed"},
    )
    assert killed.code == -9
    poll_at(desk, now + timedelta(hours=1))
    assert site.count("/feed") == 1
    (wait,) = waits(desk, now)
    assert wait <= timedelta(seconds=MAX_INTERVAL_S * 1.2)
    poll_at(desk, now + wait)
    assert site.count("/feed") == 2


def test_fault_31_the_longest_wait_that_a_server_may_ask_for_is_not_taken_for_a_mistake(site: Site, tmp_path: Path) -> None:
    every_hour = "".join(f"<hour>{hour}</hour>" for hour in range(1, 24))
    body = rss_of(1, head=f"<skipHours>{every_hour}</skipHours><skipDays><day>Monday</day><day>Tuesday</day></skipDays>")
    site.answers["/feed"] = Says(body, headers=(("Retry-After", str(10**9)),))
    desk, now = desk_at(tmp_path), datetime.fromisoformat("2026-03-17T08:00+00:00")
    poll_at(desk, now, site.url("/feed"))
    (wait,) = waits(desk, now)
    assert wait >= timedelta(seconds=MAX_RETRY_S)
    for part in (0, 0.5, 0.99):
        poll_at(desk, now + wait * part)
        poll_at(desk, now + timedelta(seconds=MAX_RETRY_S * part), site.url("/feed"))
    assert site.count("/feed") == 1
    poll_at(desk, now + wait)
    assert site.count("/feed") == 2
