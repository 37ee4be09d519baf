"""A week of polling a hostile server, on a clock that is advanced: the score of a reader that nobody bans."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import importlib.util
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest

from tasks.core.feeds.hosts import after_answer, after_request, budget_host, request_at
from tasks.core.feeds.records import (
    Answer,
    Entry,
    Headers,
    Hop,
    HostBudget,
    NoAnswer,
    ParsedFeed,
    PollOutcome,
    PollPlan,
    PollState,
    Unparsed,
)
from tasks.core.feeds.schedule import MOVED_AFTER, conditional_headers, next_poll, spread_starts, window_of

TOOL = Path(__file__).resolve().parents[4] / "shared" / "tools" / "hostile_server.py"
pytestmark = pytest.mark.skipif(not TOOL.exists(), reason="the hostile server is not here")

GAP_S = 5
FEEDS = [
    "basic",
    "etag-only",
    "lm-only",
    "no-validators",
    "weak",
    "touch",
    "lm-same",
    "304-forever",
    "304-always",
    "304-new-etag",
    "lm-2041",
    "maxage",
    "maxage-forever",
    "expires0",
    "ttl",
    "cookie",
    "n?items=50",
    "path-body",
    "url-body",
    "xss",
    "csv",
    "sql",
    "paths",
    "websub",
]
ROUTES = [f"/feed/{name}" for name in FEEDS] + ["/guid/window", "/guid/window-gap", "/status/429-2nd", "/xml/html"]
ASKED_WHOLE_ONCE = [
    "/feed/basic",
    "/feed/etag-only",
    "/feed/lm-only",
    "/feed/weak",
    "/feed/lm-2041",
    "/feed/touch",
    "/feed/lm-same",
    "/feed/304-new-etag",
    "/feed/304-forever",
    "/status/429-2nd",
]
FAULTS = [
    "ims_stale",
    "ims_bogus",
    "inm_stale",
    "inm_bogus",
    "cookies",
    "referer",
    "query_added",
    "head",
    "no_user_agent",
    "ua_without_contact",
    "no_gzip",
    "double_within_2s",
    "early",
    "favicon",
    "canary",
]
SENT: Headers = (("User-Agent", "copydesk (+https://newsroom.example/contact)"), ("Accept-Encoding", "gzip"))


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hostile_server", TOOL)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server(tool: ModuleType) -> Iterator[Any]:
    with tool.Hostile() as running:
        yield running
    left = asyncio.all_tasks(running.loop)  # the tool leaves its loop and sockets open
    for one in left:
        one.cancel()
    running.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    running.loop.close()


def get(url: str, headers: Headers) -> Answer | NoAnswer:
    """Fetch as plainly as can be, five redirects followed by hand."""
    hops: list[Hop] = []
    target = url
    for _ in range(6):
        parts = urlsplit(target)
        connection = http.client.HTTPConnection(parts.netloc, timeout=5)
        try:
            connection.request("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, headers=dict(headers))
            response = connection.getresponse()
            wire = response.read()
        finally:
            connection.close()
        hops.append(Hop(url=target, status=response.status))
        location = response.getheader("Location")
        if response.status not in (301, 302, 303, 307, 308) or not location:
            body = gzip.decompress(wire) if response.getheader("Content-Encoding") == "gzip" else wire
            return Answer(
                url=url,
                final_url=target,
                hops=tuple(hops),
                status=response.status,
                headers=tuple(response.getheaders()),
                wire=wire,
                body=body,
                took_s=0.0,
            )
        target = urljoin(target, location)
    return NoAnswer(url=url, reason="redirects", detail="more than five", hops=tuple(hops))


def parsed(body: bytes) -> ParsedFeed | Unparsed:
    """Read the identities of RSS, and the ttl and skipHours of the one feed that has them."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        return Unparsed(reason="broken_xml", detail=str(error))
    if root.tag != "rss":
        return Unparsed(reason="not_a_feed", detail=root.tag)
    entries = tuple(
        Entry(
            guid=item.findtext("guid"),
            url=None,
            title=None,
            summary=None,
            content=None,
            content_is_html=False,
            authors=(),
            language=None,
            dates=(),
        )
        for item in root.iter("item")
    )
    ttl = root.findtext("channel/ttl")
    return ParsedFeed(
        kind="rss",
        title=None,
        site_url=None,
        self_url=None,
        language=None,
        entries=entries,
        ttl_s=int(ttl) * 60 if ttl else None,
        skip_hours=frozenset(int(hour.text or 0) for hour in root.iter("hour")),
    )


@dataclass
class Poller:
    """What would be in the warehouse: a plan for each feed, the entries known, the budgets of hosts."""

    server: Any
    plans: dict[str, PollPlan] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)
    budgets: dict[str, HostBudget] = field(default_factory=dict)
    gaps: dict[str, int] = field(default_factory=dict)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.server.srv.now(), timezone.utc)

    def move_clock_to(self, at: datetime) -> None:
        self.server.srv.offset += max((at - self.now()).total_seconds(), 0)

    def add(self, *routes: str) -> None:
        starts = spread_starts(routes, now=self.now())
        for route in routes:
            state = PollState(url=self.server.url(route))
            self.plans[route] = PollPlan(next_poll_at=starts[route], interval_s=0, why="never polled", state=state)
            self.known[route] = set()

    def run_until(self, end: datetime) -> None:
        while due := [(plan.next_poll_at, route) for route, plan in self.plans.items() if plan.next_poll_at and plan.next_poll_at < end]:
            self.poll(min(due)[1])
        self.move_clock_to(end)

    def poll(self, route: str) -> None:
        plan = self.plans[route]
        assert plan.next_poll_at is not None
        host = budget_host(plan.state.url)
        budget = self.budgets.get(host, HostBudget(host=host))
        at = request_at(budget, gap_s=GAP_S, now=max(plan.next_poll_at, self.now()))
        self.move_clock_to(at)
        answer = get(plan.state.url, SENT + conditional_headers(plan.state, now=at))
        now = self.now()
        self.budgets[host] = after_answer(after_request(budget, at=at), answer, now=now)
        self.plans[route] = next_poll(plan.state, self.outcome(route, answer), feed_id=route, now=now)
        self.gaps[route] = self.gaps.get(route, 0) + self.plans[route].is_gap

    def outcome(self, route: str, answer: Answer | NoAnswer) -> PollOutcome:
        if isinstance(answer, NoAnswer) or answer.status != 200:
            return PollOutcome(answer=answer)
        feed = parsed(answer.body)
        guids = {entry.guid or "" for entry in feed.entries} if isinstance(feed, ParsedFeed) else set()
        new = guids - self.known[route]
        self.known[route] |= new
        window = window_of(feed, now=self.now()) if isinstance(feed, ParsedFeed) else feed
        return PollOutcome(answer=answer, feed=window, new_count=len(new))

    def restarted(self) -> Poller:
        """The same after a process has ended: everything through JSON."""
        text = json.dumps(
            {
                "plans": {route: asdict(plan) for route, plan in self.plans.items()},
                "known": self.known,
                "budgets": {host: asdict(budget) for host, budget in self.budgets.items()},
                "gaps": self.gaps,
            },
            default=as_json,
        )
        kept = json.loads(text)
        plans = {route: PollPlan(**{**times(plan), "state": PollState(**times(plan["state"]))}) for route, plan in kept["plans"].items()}
        return Poller(
            self.server,
            plans,
            {route: set(known) for route, known in kept["known"].items()},
            {host: HostBudget(**times(budget)) for host, budget in kept["budgets"].items()},
            kept["gaps"],
        )


def as_json(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else sorted(value)  # type: ignore[call-overload]


def times(row: dict[str, Any]) -> dict[str, Any]:
    """Make a row's times, tuples and sets anew."""
    made = {"window_sizes": tuple, "new_counts": tuple, "skip_hours": frozenset, "skip_days": frozenset}
    return {
        name: datetime.fromisoformat(value)
        if value and (name.endswith("_at") or name in ("validated_since", "closed_until"))
        else made.get(name, lambda same: same)(value)
        for name, value in row.items()
    }


def faults(server: Any, routes: list[str]) -> dict[str, dict[str, int]]:
    scores = {route: server.score(route.partition("?")[0]) for route in routes}
    return {route: found for route, score in scores.items() if (found := {name: score[name] for name in FAULTS if score[name]})}


def test_a_week_of_every_feed_has_no_fault_over_a_restart_too(server: Any) -> None:
    poller = Poller(server)
    poller.move_clock_to(
        poller.now().replace(hour=12, minute=0) + timedelta(days=1)
    )  # so that a restart falls in no hour that a feed skips
    began = poller.now()
    poller.add(*ROUTES)
    for day in range(1, 8):
        poller.run_until(began + timedelta(days=day))
        server.set(touch=day)
        if day == 3:
            before = poller
            poller = poller.restarted()
            assert poller == before
        if day == 5:  # nobody polls for a day, then all are due at once
            poller.move_clock_to(began + timedelta(days=6))
            starts = spread_starts(poller.plans, now=poller.now())
            poller.plans = {
                route: replace(plan, next_poll_at=max(starts[route], plan.next_poll_at or starts[route]))
                for route, plan in poller.plans.items()
            }
    assert faults(server, ROUTES) == {}
    scores = {route: server.score(route.partition("?")[0]) for route in ROUTES}
    assert min(score["requests"] for score in scores.values()) >= 1
    assert min(score["min_interval"] for score in scores.values() if score["min_interval"]) >= 3_600
    times_of_requests = [request.t for request in server.requests]
    assert min(later - earlier for earlier, later in pairwise(times_of_requests)) >= GAP_S - 0.5
    assert {route: scores[route]["unconditional"] for route in ASKED_WHOLE_ONCE} == dict.fromkeys(ASKED_WHOLE_ONCE, 1)
    assert scores["/feed/maxage-forever"]["requests"] == 1
    assert scores["/feed/no-validators"]["min_interval"] >= 86_400
    assert scores["/feed/ttl"]["min_interval"] >= 360 * 60
    in_skipped_hour = [
        request.t for request in server.requests if request.path == "/feed/ttl" and 3 * 3_600 + 60 < request.t % 86_400 < 4 * 3_600
    ]
    assert in_skipped_hour == []
    assert poller.gaps["/guid/window-gap"] == scores["/guid/window-gap"]["requests"] - 1
    assert poller.gaps["/guid/window"] == 0


def test_a_304_that_never_ends_is_escaped_within_nine_days(server: Any) -> None:
    poller = Poller(server)
    poller.add("/feed/304-forever")
    began = poller.now()
    poller.run_until(began + timedelta(hours=1))
    first = len(poller.known["/feed/304-forever"])
    poller.run_until(began + timedelta(days=9, hours=3))
    assert len(poller.known["/feed/304-forever"]) > first == 10
    assert server.score("/feed/304-forever")["unconditional"] == 2


def test_a_gone_feed_is_asked_for_once(server: Any) -> None:
    poller = Poller(server)
    poller.add("/gone")
    poller.run_until(poller.now() + timedelta(days=30))
    assert server.score("/gone")["requests"] == 1
    assert poller.plans["/gone"].next_poll_at is None


@pytest.mark.parametrize(
    "route", ["/status/429?ra=200000", "/status/503?ra=200000", "/status/503?ra=date", "/status/503?ra=1e9", "/status/503?ra=99999999"]
)
def test_no_request_is_early_at_a_server_that_names_a_time(server: Any, route: str) -> None:
    poller = Poller(server)
    poller.add(route, "/feed/basic")
    poller.run_until(poller.now() + timedelta(days=7))
    assert faults(server, [route, "/feed/basic"]) == {}
    assert server.score(route.partition("?")[0])["requests"] >= 1


def test_a_closed_host_gets_no_request_for_its_other_feeds(server: Any) -> None:
    poller = Poller(server)
    poller.add("/status/429?ra=200000")
    began = poller.now()
    poller.run_until(began + timedelta(seconds=1))
    poller.add("/feed/basic", "/feed/weak")
    poller.run_until(began + timedelta(seconds=200_000))
    asked = [request.t for request in server.requests if request.path.startswith("/feed/")]
    assert len(asked) >= 2
    assert min(asked) >= server.requests[0].t + 200_000


def test_a_storm_of_503_passes_without_a_storm_of_ours(server: Any) -> None:
    poller = Poller(server)
    poller.add("/storm?s=30")
    poller.run_until(poller.now() + timedelta(days=1))
    assert faults(server, ["/storm?s=30"]) == {}
    assert poller.plans["/storm?s=30"].state.failures == 0
    assert len(poller.known["/storm?s=30"]) == 10


def test_a_permanent_redirect_is_followed_for_long_and_then_saved(server: Any) -> None:
    poller = Poller(server)
    poller.add("/redirect/301/2", "/redirect/302/2", "/captive", "/redirect-loop")
    poller.run_until(poller.now() + timedelta(days=MOVED_AFTER + 4))
    assert poller.plans["/redirect/301/2"].state.url == server.url("/feed/basic")
    for route in ("/redirect/302/2", "/captive", "/redirect-loop"):
        assert poller.plans[route].state.url == server.url(route)
    assert sum(request.path == "/redirect/301/2" for request in server.requests) == MOVED_AFTER
