"""A thousand feeds on 250 hosts, polled by the real command with the gap that it keeps by default: nothing too early, nothing twice, and its cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from bench_modules import FLOORS, bench
from synthetic_feeds import ENTRIES, FEEDS_PER_HOST, feed_server

pytestmark = pytest.mark.slow

HOSTS = 250
FEEDS = HOSTS * FEEDS_PER_HOST
GAP_S = 5.0
SLACK_S = 0.5  # by which a request may reach a busy server late, and the next one seem early
LATER = timedelta(hours=25)  # by then every feed is due again, and every robots.txt too


@pytest.fixture(scope="module")
def polled() -> dict[str, Any]:
    found: dict[str, Any] = bench("polling").rounds(HOSTS, gap_s=GAP_S, later=LATER)
    return found


def test_every_entry_of_every_feed_is_there_after_one_round(polled: dict[str, Any]) -> None:
    said, new = polled["first"]["said"], polled["first"]["new"]
    assert (said["feeds_due"], said["feeds_new"], said["feeds_failed"]) == (FEEDS, FEEDS, 0)
    assert (new["captures_feed"], new["entries"]) == (FEEDS, FEEDS * ENTRIES)


@pytest.mark.parametrize("round_", ["first", "second"])
def test_every_feed_and_every_robots_file_is_asked_for_once(polled: dict[str, Any], round_: str) -> None:
    server = polled[round_]["server"]
    assert (server["feeds"], server["robots"], server["doubled"]) == (FEEDS, HOSTS, 0)
    assert polled[round_]["said"]["requests"] == polled[round_]["new"]["polls"] == server["requests"]


@pytest.mark.parametrize("round_", ["first", "second"])
def test_no_host_is_asked_again_within_the_gap(polled: dict[str, Any], round_: str) -> None:
    assert polled[round_]["server"]["shortest_gap_s"] > GAP_S - SLACK_S


def test_a_round_in_which_nothing_changed_brings_nothing_and_keeps_no_body(polled: dict[str, Any]) -> None:
    second = polled["second"]
    assert (second["server"]["conditional"], second["server"]["status_304"]) == (FEEDS, FEEDS)
    assert (second["said"]["feeds_unchanged"], second["said"]["feeds_failed"]) == (FEEDS, 0)
    assert {name: count for name, count in second["new"].items() if count} == {"polls": FEEDS + HOSTS}


def test_who_polls_again_at_once_asks_nobody(polled: dict[str, Any]) -> None:
    assert "requests" not in polled["idle"]["server"]
    assert polled["idle"]["said"]["requests"] == 0


def test_a_round_costs_what_it_may(polled: dict[str, Any]) -> None:
    """In CPU, that of an idle round left out: a first one against the parsing of its feeds, one of 304s against the bare client."""
    polling = bench("polling")
    first, second, idle = (polling.cpu_of(polled[name]) for name in ("first", "second", "idle"))
    over_parsing = (first - idle) / (FEEDS * polled["parse"]["cpu_ms_a_feed"] / 1000)
    assert over_parsing <= FLOORS["polling"]["cpu_over_parsing"]
    with feed_server(HOSTS, newest=polling.NOW) as server:
        client = polling.client_cost(server, HOSTS)["unchanged"]["cpu_ms_a_request"]
    over_client = 1000 * (second - idle) / (FEEDS + HOSTS) / client
    assert over_client <= FLOORS["polling"]["unchanged_over_client"]
