"""When a feed is polled next: one decision, never early, with its reason in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.feeds.records import (
    Answer,
    DateCandidate,
    Entry,
    Headers,
    Hop,
    NoAnswer,
    ParsedFeed,
    PollOutcome,
    PollPlan,
    PollState,
    Unparsed,
    Window,
)
from tasks.core.feeds.schedule import (
    JITTER,
    MAX_BROKEN_S,
    MAX_INTERVAL_S,
    MAX_LOST_S,
    MOVED_AFTER,
    STARTS_PER_S,
    conditional_headers,
    next_poll,
    replanned,
    spread_starts,
    window_of,
)

NOW = datetime(2026, 3, 17, 8, 20, tzinfo=timezone.utc)  # a Tuesday
URL = "https://a.example/feed"
TAGS: Headers = (("ETag", '"e1"'), ("Last-Modified", "Tue, 17 Mar 2026 08:00:00 GMT"))
HOUR, DAY = 3_600, 86_400


def entry(number: int, at: datetime | None = None) -> Entry:
    dates = (DateCandidate(source="published", raw="", at=at, precision="second"),) if at else ()
    return Entry(
        guid=f"g{number}", url=None, title=None, summary=None, content=None, content_is_html=False, authors=(), language=None, dates=dates
    )


def feed(size: int = 20, *, every: timedelta | None = None, ttl_s: int | None = None, **asks: frozenset[int] | int) -> ParsedFeed:
    entries = tuple(entry(number, NOW - number * every if every else None) for number in range(size))
    bare = ParsedFeed(kind="rss", title=None, site_url=None, self_url=None, language=None, entries=entries, ttl_s=ttl_s)
    return replace(bare, **asks)  # type: ignore[arg-type]


def answered(status: int, *headers: tuple[str, str], hops: tuple[Hop, ...] = ()) -> Answer:
    last = hops or (Hop(url=URL, status=status),)
    return Answer(url=URL, final_url=last[-1].url, hops=last, status=status, headers=headers, wire=b"", body=b"", took_s=0.1)


def read(new_count: int = 0, *headers: tuple[str, str], of: ParsedFeed | None = None, hops: tuple[Hop, ...] = ()) -> PollOutcome:
    return PollOutcome(answer=answered(200, *(headers or TAGS), hops=hops), feed=window_of(of or feed(), now=NOW), new_count=new_count)


def failed(status: int, *headers: tuple[str, str]) -> PollOutcome:
    return PollOutcome(answer=answered(status, *headers))


SILENT = PollOutcome(answer=NoAnswer(url=URL, reason="timeout", detail="30 s"))
UNCHANGED = PollOutcome(answer=answered(304))
KNOWN = PollState(
    url=URL,
    etag='"e1"',
    last_modified=TAGS[1][1],
    validated_since=NOW,
    polled_at=NOW - timedelta(hours=9),
    interval_s=4 * HOUR,
    window_sizes=(20, 20),
    new_counts=(1, 1),
)


def plan(state: PollState, outcome: PollOutcome, now: datetime = NOW) -> PollPlan:
    return next_poll(state, outcome, feed_id="f" * 32, now=now)


def wait_s(planned: PollPlan, now: datetime = NOW) -> float:
    assert planned.next_poll_at is not None
    return (planned.next_poll_at - now).total_seconds()


# validators


def test_both_validators_are_sent_back_verbatim() -> None:
    odd = read(3, ("etag", 'W/"a, b"'), ("last-modified", "Sat, 16 Nov 2041 19:11:00 GMT"))
    sent = conditional_headers(plan(KNOWN, odd).state, now=NOW)
    assert sent == (("If-None-Match", 'W/"a, b"'), ("If-Modified-Since", "Sat, 16 Nov 2041 19:11:00 GMT"))


def test_the_first_request_of_a_feed_asks_for_everything() -> None:
    assert conditional_headers(PollState(url=URL), now=NOW) == ()


def test_validators_are_replaced_though_the_body_did_not_change() -> None:
    touched = plan(KNOWN, read(0, ("ETag", '"e2"'), ("Last-Modified", "Tue, 17 Mar 2026 08:10:00 GMT"))).state
    assert (touched.etag, touched.last_modified) == ('"e2"', "Tue, 17 Mar 2026 08:10:00 GMT")


def test_a_200_without_validators_leaves_none_of_the_old() -> None:
    bare = plan(KNOWN, read(0, ("Content-Type", "application/rss+xml"))).state
    assert (bare.etag, bare.last_modified) == (None, None)


def test_a_304_replaces_the_validator_it_names_and_no_other() -> None:
    kept = plan(KNOWN, PollOutcome(answer=answered(304, ("ETag", '"e2"')))).state
    assert (kept.etag, kept.last_modified) == ('"e2"', KNOWN.last_modified)


FAILURES = {
    "truncated": PollOutcome(answer=NoAnswer(url=URL, reason="truncated", detail="335 of 2615 bytes")),
    "no feed": PollOutcome(answer=answered(200, ("ETag", '"login"')), feed=Unparsed(reason="not_a_feed", detail="HTML")),
    "empty": PollOutcome(answer=answered(204, ("ETag", '"none"'))),
    "404": failed(404, ("ETag", '"error"')),
    "503": failed(503, ("ETag", '"error"')),
    "a private address": PollOutcome(answer=NoAnswer(url=URL, reason="address", detail="10.0.0.1", is_lasting=True)),
    "a 304 that nobody asked for": PollOutcome(answer=answered(304, ("ETag", '"none"'))),
}


@pytest.mark.parametrize(
    "outcome", [value for key, value in FAILURES.items() if "304" not in key], ids=[key for key in FAILURES if "304" not in key]
)
def test_a_failure_leaves_the_validators_and_the_rhythm_as_they_were(outcome: PollOutcome) -> None:
    kept = plan(KNOWN, outcome).state
    assert kept == replace(KNOWN, failures=1, polled_at=NOW)


def test_validators_are_dropped_once_304_was_believed_for_8_days() -> None:
    state = plan(KNOWN, read(1)).state
    for day in range(1, 8):
        assert conditional_headers(state, now=NOW + timedelta(days=day))
        state = plan(state, UNCHANGED, NOW + timedelta(days=day)).state
    assert conditional_headers(state, now=NOW + timedelta(days=8)) == ()
    state = plan(state, read(20), NOW + timedelta(days=8)).state
    assert conditional_headers(state, now=NOW + timedelta(days=9))


def test_a_failure_does_not_put_off_the_escape_from_a_false_304() -> None:
    state = plan(KNOWN, SILENT, NOW + timedelta(days=8)).state
    assert conditional_headers(state, now=NOW + timedelta(days=9)) == ()


# what server and feed ask for


ASKED = {
    "max-age on a 200": (read(20, *TAGS, ("Cache-Control", "max-age=50000")), 50_000, "max-age"),
    "max-age on a 304": (PollOutcome(answer=answered(304, ("Cache-Control", "max-age=50000"))), 50_000, "max-age"),
    "Expires": (read(20, *TAGS, ("Date", TAGS[1][1]), ("Expires", "Wed, 18 Mar 2026 08:00:00 GMT")), DAY, "Expires"),
    "16 years of max-age are cut to 8 days": (read(20, *TAGS, ("Cache-Control", "max-age=504921600")), 8 * DAY, "max-age"),
    "Retry-After on a 503": (failed(503, ("Retry-After", "100000")), 100_000, "Retry-After"),
    "Retry-After on a 429": (failed(429, ("Retry-After", "100000")), 100_000, "Retry-After"),
    "Retry-After on a 200": (read(20, *TAGS, ("Retry-After", "100000")), 100_000, "Retry-After"),
    "an absurd Retry-After is cut to 30 days": (failed(503, ("Retry-After", "9" * 30)), 30 * DAY, "Retry-After"),
    "no validators": (read(20, ("Content-Type", "text/xml")), DAY, "no validators"),
    "ttl": (read(20, of=feed(ttl_s=50_000)), 50_000, "ttl"),
    "a ttl of a year is cut to 8 days": (read(20, of=feed(ttl_s=365 * DAY)), 8 * DAY, "ttl"),
    "sy:updatePeriod": (read(20, of=feed(update_period_s=50_000)), 50_000, "sy:updatePeriod"),
    "a yearly sy:updatePeriod is no wish to be left alone": (read(20, of=feed(update_period_s=365 * DAY)), DAY, "sy:updatePeriod"),
    "nothing": (read(20), HOUR, "all 20 entries are new"),
}


@pytest.mark.parametrize(("outcome", "least_s", "reason"), ASKED.values(), ids=ASKED)
def test_the_longest_wish_decides_and_is_named(outcome: PollOutcome, least_s: int, reason: str) -> None:
    planned = plan(KNOWN, outcome)
    assert least_s <= wait_s(planned) <= least_s * (1 + JITTER) + 1
    assert reason in planned.why


def test_what_the_feed_asked_for_still_holds_after_a_304() -> None:
    state = plan(KNOWN, read(20, of=feed(ttl_s=50_000, skip_hours=frozenset({3})))).state
    later = NOW + timedelta(days=1)
    assert wait_s(plan(state, UNCHANGED, later), later) >= 50_000
    assert plan(state, UNCHANGED, later).state.skip_hours == {3}


def test_hours_that_the_feed_skips_are_passed_over() -> None:
    planned = plan(KNOWN, read(20, of=feed(skip_hours=frozenset({9, 10, 11}))))
    assert planned.next_poll_at is not None
    assert planned.next_poll_at.hour == 12
    assert "skips" in planned.why


def test_days_that_the_feed_skips_are_passed_over() -> None:
    sunday_night = datetime(2026, 3, 15, 22, 50, tzinfo=timezone.utc)
    planned = plan(KNOWN, read(20, of=feed(skip_days=frozenset({6, 0}))), sunday_night)
    assert planned.next_poll_at is not None
    assert planned.next_poll_at.weekday() == 1


def test_a_feed_that_skips_every_hour_is_polled_all_the_same() -> None:
    assert wait_s(plan(KNOWN, read(20, of=feed(skip_hours=frozenset(range(24)))))) <= HOUR * (1 + JITTER) + 1


# rhythm


def test_a_window_that_moved_completely_is_a_gap_and_shortens_the_interval() -> None:
    planned = plan(KNOWN, read(20))
    assert planned.is_gap
    assert "all 20 entries are new" in planned.why
    assert planned.interval_s == HOUR < KNOWN.interval_s


def test_a_gap_is_said_though_something_else_decides() -> None:
    why = plan(KNOWN, read(20, ("Content-Type", "text/xml"))).why
    assert "all 20 entries are new" in why
    assert "no validators" in why


@pytest.mark.parametrize("new_count", [0, 1, 15, 19])
def test_a_window_that_overlaps_is_no_gap(new_count: int) -> None:
    assert not plan(KNOWN, read(new_count)).is_gap


def test_the_first_window_of_a_feed_is_no_gap() -> None:
    assert not plan(PollState(url=URL), read(20)).is_gap


def test_a_first_window_says_how_often_the_feed_publishes() -> None:
    hourly, slow, undated = (
        plan(PollState(url=URL), read(20, of=feed(every=every))) for every in (timedelta(hours=2), timedelta(days=9), None)
    )
    assert hourly.interval_s == pytest.approx(2 * HOUR, rel=0.1)
    assert slow.interval_s == MAX_INTERVAL_S
    assert undated.interval_s == HOUR


def test_half_a_new_window_shortens_the_interval_although_polls_before_brought_nothing() -> None:
    quiet = replace(KNOWN, new_counts=(0, 0, 0), window_sizes=(20, 20, 20))
    assert plan(quiet, read(10)).interval_s <= KNOWN.interval_s / 2


def test_asking_early_does_not_make_a_feed_look_quiet() -> None:
    just_polled = replace(KNOWN, polled_at=NOW - timedelta(hours=1), new_counts=(0, 0))
    assert plan(just_polled, UNCHANGED).interval_s == KNOWN.interval_s


def follow(publishes_every: timedelta, *, window: int = 20, days: int = 20) -> list[tuple[int, bool]]:
    """Interval and gap of each poll of a feed that publishes regularly, read from its very first entry on."""
    state, now, seen, polls = PollState(url=URL), NOW, 0, []
    while now < NOW + timedelta(days=days):
        there = int((now - NOW) / publishes_every) + window
        new = min(there - seen, window)
        outcome = read(new, of=feed(window)) if new else UNCHANGED
        planned = plan(state, outcome, now)
        assert planned.next_poll_at is not None
        polls.append((planned.interval_s, planned.is_gap))
        state, seen, now = planned.state, there, planned.next_poll_at
    return polls


PACES = {
    "every 10 minutes": (timedelta(minutes=10), 1, 1),
    "every 3 hours": (timedelta(hours=3), 1, 5),
    "every 10 hours": (timedelta(hours=10), 4, 16),
    "every week": (timedelta(days=7), 12, 24),
}


@pytest.mark.parametrize(("pace", "least_h", "most_h"), PACES.values(), ids=PACES)
def test_the_interval_settles_where_a_poll_brings_about_one_entry(pace: timedelta, least_h: int, most_h: int) -> None:
    settled = [interval_s / HOUR for interval_s, _ in follow(pace)[-10:]]
    assert least_h <= sum(settled) / len(settled) <= most_h


def test_a_feed_slower_than_its_window_never_has_a_gap() -> None:
    assert not any(is_gap for _, is_gap in follow(timedelta(minutes=10)))


def test_a_feed_faster_than_the_hourly_floor_has_its_gaps_reported() -> None:
    assert sum(is_gap for _, is_gap in follow(timedelta(minutes=2), days=2)) >= 40


# failures


def test_410_stops_the_polling_for_good() -> None:
    planned = plan(KNOWN, failed(410))
    assert planned.next_poll_at is None
    assert "410" in planned.why


CAPS = {
    "404": (failed(404), MAX_LOST_S),
    "403": (failed(403), MAX_LOST_S),
    "500": (failed(500), MAX_BROKEN_S),
    "503": (failed(503), MAX_BROKEN_S),
    "429": (failed(429), MAX_BROKEN_S),
    "408": (failed(408), MAX_BROKEN_S),
    "silence": (SILENT, MAX_BROKEN_S),
    "no feed": (FAILURES["no feed"], MAX_BROKEN_S),
}


@pytest.mark.parametrize(("outcome", "most_s"), CAPS.values(), ids=CAPS)
def test_waits_double_from_failure_to_failure_up_to_a_bound(outcome: PollOutcome, most_s: int) -> None:
    state, intervals = replace(KNOWN, interval_s=HOUR), []
    for _ in range(70):
        planned = plan(state, outcome)
        intervals.append(planned.interval_s)
        state = planned.state
    assert intervals[:4] == [2 * HOUR, 4 * HOUR, 8 * HOUR, 16 * HOUR]
    assert intervals[-1] == most_s
    assert f"{state.failures} in a row" in plan(replace(state, failures=69), outcome).why


def test_what_time_cannot_cure_waits_longest_at_once() -> None:
    assert plan(KNOWN, FAILURES["a private address"]).interval_s == MAX_LOST_S


def test_one_good_answer_ends_the_waiting() -> None:
    assert plan(replace(KNOWN, failures=9), UNCHANGED).state.failures == 0
    assert wait_s(plan(replace(KNOWN, failures=9), UNCHANGED)) < MAX_INTERVAL_S


def test_a_304_to_a_request_without_validators_is_a_fault_of_the_server() -> None:
    planned = plan(PollState(url=URL), FAILURES["a 304 that nobody asked for"])
    assert planned.state.failures == 1
    assert planned.state.etag is None
    assert wait_s(planned) >= DAY


# permanent redirects


def hops(*steps: tuple[str, int]) -> tuple[Hop, ...]:
    return tuple(Hop(url=url, status=status) for url, status in steps)


NEW = "https://b.example/feed"
MOVED = hops((URL, 301), (NEW, 200))


def after_sightings(count: int, way: tuple[Hop, ...], state: PollState = KNOWN) -> PollState:
    for _ in range(count):
        state = plan(state, read(1, hops=way)).state
    return state


def test_a_permanent_redirect_is_saved_only_once_it_was_stable() -> None:
    assert after_sightings(MOVED_AFTER - 1, MOVED).url == URL
    last = plan(after_sightings(MOVED_AFTER - 1, MOVED), read(1, hops=MOVED))
    assert last.state == replace(last.state, url=NEW, moved_to=None, moved_count=0)
    assert NEW in last.why


@pytest.mark.parametrize("answer", [read(1), read(1, hops=hops((URL, 301), ("https://c.example/", 200)))], ids=["none", "another"])
def test_one_answer_without_it_begins_the_count_anew(answer: PollOutcome) -> None:
    state = plan(after_sightings(MOVED_AFTER - 1, MOVED), answer).state
    assert after_sightings(1, MOVED, state).url == URL


NOT_SAVED = {
    "302": hops((URL, 302), (NEW, 200)),
    "307": hops((URL, 307), (NEW, 200)),
    "301 behind a 302": hops((URL, 302), ("https://c.example/", 301), (NEW, 200)),
    "to http": hops((URL, 301), ("http://a.example/feed", 200)),
}


@pytest.mark.parametrize("way", NOT_SAVED.values(), ids=NOT_SAVED)
def test_other_redirects_are_never_saved(way: tuple[Hop, ...]) -> None:
    assert after_sightings(3 * MOVED_AFTER, way).url == URL


def test_a_permanent_redirect_is_saved_up_to_where_it_ceases_to_be_permanent() -> None:
    way = hops((URL, 308), ("https://c.example/feed", 301), (NEW, 302), ("https://d.example/", 200))
    assert after_sightings(MOVED_AFTER, way).url == NEW


def test_a_captive_portal_changes_no_url() -> None:
    state, way = KNOWN, hops((URL, 301), ("https://portal.example/login", 200))
    for _ in range(3 * MOVED_AFTER):
        state = plan(state, PollOutcome(answer=answered(200, hops=way), feed=Unparsed(reason="not_a_feed", detail="HTML"))).state
    assert (state.url, state.moved_to) == (URL, None)


# all at once


def test_10_000_feeds_due_at_a_restart_are_spread() -> None:
    starts = spread_starts([f"feed-{number}" for number in range(10_000)], now=NOW)
    in_second = Counter((at - NOW).seconds for at in starts.values())
    assert len(starts) == 10_000
    assert max(in_second.values()) == STARTS_PER_S
    assert max(in_second) < 60
    assert min(starts.values()) == NOW


def test_ten_feeds_that_are_due_hardly_wait() -> None:
    assert max(spread_starts(map(str, range(10)), now=NOW).values()) - NOW < timedelta(seconds=0.1)


def test_feeds_in_the_order_of_their_hosts_are_mixed() -> None:
    ids = [f"{number:05}" for number in range(10_000)]
    starts = spread_starts(ids, now=NOW)
    neighbours = sum(abs((starts[a] - starts[b]).total_seconds()) < 1 for a, b in pairwise(ids))
    assert neighbours < 1_000  # of 10,000; by chance 800


def test_feeds_polled_in_one_second_are_not_polled_in_one_second_again() -> None:
    planned = [next_poll(KNOWN, UNCHANGED, feed_id=f"feed-{number}", now=NOW).next_poll_at for number in range(10_000)]
    waits = Counter(int((at - NOW).total_seconds()) for at in planned if at)
    assert max(waits.values()) < 10_000 / 200


def test_a_clock_that_was_a_day_ahead_neither_stalls_a_feed_nor_has_it_polled_at_once() -> None:
    ahead = plan(KNOWN, UNCHANGED, NOW + timedelta(days=1)).state
    planned = replanned(ahead, feed_id="f" * 32, now=NOW)
    assert HOUR <= wait_s(planned) <= ahead.interval_s * (1 + JITTER) + 1
    assert planned.state == replace(ahead, polled_at=NOW, validated_since=min(ahead.validated_since, NOW))
    later = replace(ahead, validated_since=NOW + timedelta(days=1))
    assert replanned(later, feed_id="f" * 32, now=NOW).state.validated_since == NOW
    assert "clock" in planned.why


# properties

SECONDS = st.one_of(st.integers(0, 10**6), st.integers(0, 10**12))
ASKS = st.fixed_dictionaries(
    {}, optional={"Cache-Control": SECONDS.map("max-age={}".format), "Retry-After": SECONDS.map(str), "ETag": st.text('"aé', max_size=5)}
)
STATUSES = st.sampled_from([200, 200, 200, 304, 304, 204, 403, 404, 429, 500, 503])
PARSED = st.one_of(
    st.builds(
        feed,
        st.integers(0, 30),
        ttl_s=st.one_of(st.none(), SECONDS),
        skip_hours=st.frozensets(st.integers(0, 23)),
        skip_days=st.frozensets(st.integers(0, 6)),
    ),
    st.just(Unparsed(reason="empty", detail="")),
)


@st.composite
def outcomes(draw: st.DrawFn) -> PollOutcome:
    if draw(st.integers(0, 5)) == 0:
        return SILENT
    status, headers = draw(STATUSES), tuple(draw(ASKS).items())
    drawn = draw(PARSED) if status == 200 else None
    body = window_of(drawn, now=NOW) if isinstance(drawn, ParsedFeed) else drawn
    size = body.size if isinstance(body, Window) else 0
    return PollOutcome(answer=answered(status, *headers), feed=body, new_count=draw(st.integers(0, size)))


def asked(outcome: PollOutcome) -> int:
    """The longest of floor, Retry-After and max-age, written down a second time and plainly."""
    if isinstance(outcome.answer, NoAnswer):
        return HOUR
    given = dict(outcome.answer.headers)
    fresh = int(given.get("Cache-Control", "max-age=0").removeprefix("max-age=")) if outcome.answer.status in (200, 304) else 0
    return max(HOUR, min(fresh, 8 * DAY), min(int(given.get("Retry-After", "0")), 30 * DAY))


@settings(max_examples=150)
@given(st.lists(st.tuples(outcomes(), st.integers(0, 3 * DAY)), max_size=12))
def test_no_poll_is_ever_early_in_any_history(history: list[tuple[PollOutcome, int]]) -> None:
    state, now = PollState(url=URL), NOW
    for outcome, late_s in history:
        planned = plan(state, outcome, now)
        assert planned == plan(state, outcome, now)
        assert planned.next_poll_at is not None
        assert planned.next_poll_at >= now + timedelta(seconds=asked(outcome))
        assert planned.next_poll_at <= now + timedelta(days=30 * (1 + JITTER) + 7)
        assert HOUR <= planned.state.interval_s <= MAX_INTERVAL_S
        assert planned.why
        state, now = planned.state, planned.next_poll_at + timedelta(seconds=late_s)


@given(
    outcomes().filter(lambda outcome: isinstance(outcome.answer, NoAnswer) or outcome.answer.status not in (200, 304)),
    st.integers(HOUR, DAY),
)
def test_another_failure_never_shortens_the_wait(outcome: PollOutcome, interval_s: int) -> None:
    state, waits = replace(KNOWN, interval_s=interval_s), [interval_s]
    for _ in range(12):
        planned = plan(state, outcome)
        waits.append(planned.interval_s)
        state = planned.state
    assert waits == sorted(waits)


@given(st.integers(0, 30), st.integers(0, 30))
def test_more_news_never_means_a_longer_wait(one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert plan(KNOWN, read(more, of=feed(30))).interval_s <= plan(KNOWN, read(less, of=feed(30))).interval_s
