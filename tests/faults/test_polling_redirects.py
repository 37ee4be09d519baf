"""Redirects to another host: it is asked as any host is, its robots.txt first, a gap between any two requests, nothing while it is closed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from polling_rig import Asked, Desk, Says, Site, desk_at, own_site, rss_of

pytestmark = pytest.mark.slow

GAP_S = 1.0
EARLY_S = 0.05  # by which a request may arrive sooner after another than they went


@pytest.fixture
def site() -> Iterator[Site]:
    with own_site() as served:
        yield served


@pytest.fixture
def times(site: Site) -> dict[str, list[float]]:
    """When each host was asked, by its name; filled as the site is asked through `timed`."""
    return {}


@pytest.fixture
def timed(times: dict[str, list[float]]) -> Callable[[Says], Callable[[Asked], Says]]:
    """Let an answer note when it was asked for, and of whom."""

    def noting(says: Says) -> Callable[[Asked], Says]:
        def answer(asked: Asked) -> Says:
            times.setdefault(asked.headers["host"].partition(":")[0], []).append(time.monotonic())
            return says

        return answer

    return noting


def desk_of(folder: Path, site: Site, *hosts: str, gap_s: float = 0.0) -> Desk:
    return desk_at(folder).with_settings(host_gap_s=gap_s).named_hosts(*hosts, port=site.port)


def led_to(url: str) -> Says:
    return Says(status=302, headers=(("Location", url),))


def test_a_redirect_leads_nowhere_that_the_robots_of_its_host_forbid(site: Site, tmp_path: Path) -> None:
    def robots(asked: Asked) -> Says:
        closed = asked.headers["host"].startswith("closed.example")
        return Says(b"User-agent: *\nDisallow: /private\n" if closed else b"")

    site.answers |= {
        "/robots.txt": robots,
        "/feed": led_to("http://closed.example/private/feed"),
        "/open": led_to("http://closed.example/feed.xml"),
        "/private/feed": Says(rss_of(1)),
        "/feed.xml": Says(rss_of(2)),
    }
    desk = desk_of(tmp_path, site, "paper.example", "closed.example")
    desk.poll("http://paper.example/feed", "http://paper.example/open")
    assert site.count("/private/feed") == 0
    assert desk.polled("http://paper.example/feed") == [(None, "robots")]
    assert desk.entry_titles("http://paper.example/open") == ["Story 2"]
    assert [one.headers["host"].partition(":")[0] for one in site.asked if one.path == "/robots.txt"].count("closed.example") == 1


def test_the_way_within_a_host_is_held_against_its_robots_too(site: Site, tmp_path: Path) -> None:
    site.answers |= {
        "/robots.txt": Says(b"User-agent: *\nDisallow: /private\n"),
        "/feed": led_to("/private/feed"),
        "/private/feed": Says(rss_of(1)),
    }
    desk = desk_of(tmp_path, site, "paper.example")
    desk.poll("http://paper.example/feed")
    assert (site.count("/feed"), site.count("/private/feed")) == (1, 0)


def test_redirects_from_many_hosts_to_one_keep_its_gap(
    site: Site, tmp_path: Path, times: dict[str, list[float]], timed: Callable[[Says], Callable[[Asked], Says]]
) -> None:
    hosts = [f"paper{number}.example" for number in range(3)]
    site.answers |= {
        "/robots.txt": timed(Says(status=404)),
        "/feed": timed(led_to("http://hub.example/all")),
        "/own": timed(Says(rss_of(1))),
        "/all": timed(Says(rss_of(2))),
    }
    desk = desk_of(tmp_path, site, *hosts, "hub.example", gap_s=GAP_S)
    desk.poll(*(f"http://{host}/feed" for host in hosts), "http://hub.example/own")
    assert site.count("/all") == 3
    assert sum(one.path == "/robots.txt" and one.headers["host"].startswith("hub.example") for one in site.asked) == 1
    for host, asked in times.items():
        assert all(two - one >= GAP_S - EARLY_S for one, two in pairwise(sorted(asked))), host


def test_a_host_that_asked_us_to_stay_away_is_not_reached_by_a_redirect(site: Site, tmp_path: Path) -> None:
    site.answers |= {
        "/busy": Says(status=503, headers=(("Retry-After", "7200"),)),
        "/feed": led_to("http://busy.example/all"),
        "/all": Says(rss_of(1)),
    }
    desk = desk_of(tmp_path, site, "paper.example", "busy.example")
    desk.poll("http://busy.example/busy")
    desk.poll("http://paper.example/feed")
    assert site.count("/all") == 0
    assert "no answer (closed)" in desk.feed("http://paper.example/feed")["why_then"]
    desk.advance(hours=3)
    desk.poll("http://paper.example/feed")
    assert site.count("/all") == 1
