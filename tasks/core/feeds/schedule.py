"""When a feed is polled next: one decision from what is kept of it and what its last poll brought.

Knows the feed's rhythm, what it and its server ask for, and how to wait after failures. It does not know the host's budget (hosts.py),
and draws no lots: jitter follows from the feed's id and the time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise

from tasks.core.feeds.caching import DAY_S, MAX_RETRY_S, fresh_s, retry_after_s, validator
from tasks.core.feeds.records import Answer, Headers, Hop, NoAnswer, ParsedFeed, PollOutcome, PollPlan, PollState, Window
from tasks.core.ids import ID_DIGITS, id_of, iso_utc

MIN_INTERVAL_S = 3_600  # between two polls of a feed: the feed reader score of rachelbythebay.com
MAX_INTERVAL_S = DAY_S  # a newsroom wants a silent feed's first word within the day
UNVALIDATED_INTERVAL_S = DAY_S  # every poll costs the server a whole feed: the same score
MAX_UNVALIDATED_S = 8 * DAY_S  # servers were seen that answer 304 for ever; once in 8 days the whole feed is asked for
MAX_BROKEN_S = DAY_S  # waits double up to here after what time cures ...
MAX_LOST_S = 7 * DAY_S  # ... and up to here after what it seldom does: 403, 404, an address that is private
MAX_ASKED_S = 8 * DAY_S  # a ttl may say more, as a max-age may (caching.MAX_FRESH_S)
MOVED_AFTER = 10  # sightings in a row: captive portals redirect every feed for hours (liferea 915, AntennaPod 5324)
KEPT_POLLS = 4  # polls over which news is averaged: enough to ride out one odd hour, few enough to follow a morning
TARGET_NEW = 1.0  # entries a poll should bring
TARGET_SHARE = 0.25  # of the window: three quarters overlap with the last poll, so that nothing passes unseen
SHORTEST, LONGEST = 0.25, 1.25  # by which one poll may change the interval: down at once, up slowly
JITTER = 0.1  # of the wait, added: feeds that were polled together part within a few rounds
MAX_PLANNED_S = math.ceil(MAX_RETRY_S * (1 + JITTER)) + 7 * DAY_S  # no plan is longer: the longest wait, then past skipped hours and days
STARTS_PER_S = 400  # feeds begun a second: 10,000 due at once begin within half a minute
CURABLE = frozenset({408, 421, 425, 429})  # 4xx that are no word on the feed itself
PERMANENT = frozenset({301, 308})


def conditional_headers(state: PollState, *, now: datetime) -> Headers:
    """Return what the next request says of the copy we have: both validators verbatim, or nothing once a 304 was believed for 8 days."""
    if state.validated_since is None or now - state.validated_since >= timedelta(seconds=MAX_UNVALIDATED_S):
        return ()
    given = (("If-None-Match", state.etag), ("If-Modified-Since", state.last_modified))
    return tuple((name, value) for name, value in given if value is not None)


def next_poll(state: PollState, outcome: PollOutcome, *, feed_id: str, now: datetime) -> PollPlan:
    """Return when to poll next, why, and what to keep; never before the hour, a Retry-After or the end of a max-age.

    state        as it was when the request went; the same state, outcome and time give the same plan
    now          when the answer had come, aware
    """
    answer = outcome.answer
    if isinstance(answer, Answer) and answer.status == 410:
        gone = replace(state, polled_at=now, failures=state.failures + 1)
        return PollPlan(next_poll_at=None, interval_s=0, why="gone for good (HTTP 410): not polled again", state=gone)
    if isinstance(answer, Answer) and answer.status == 200 and isinstance(outcome.feed, Window):
        return _after_feed(state, answer, outcome.feed, outcome.new_count, feed_id=feed_id, now=now)
    if isinstance(answer, Answer) and answer.status == 304 and (state.etag or state.last_modified):
        return _after_unchanged(state, answer, feed_id=feed_id, now=now)
    return _after_failure(state, outcome, feed_id=feed_id, now=now)


def window_of(feed: ParsedFeed, *, now: datetime) -> Window:
    """Return what the schedule needs of a feed.

    now          when it was received: the silence since its last entry counts
    """
    dated = [max(at) for entry in feed.entries if (at := [date.at for date in entry.dates if date.at and date.at <= now])]
    each_s = round((now - min(dated)).total_seconds() / len(dated)) if len(dated) > 1 else None
    return Window(
        size=len(feed.entries), each_s=each_s, ttl_s=feed.ttl_s, update_period_s=feed.update_period_s, skip_hours=feed.skip_hours,
        skip_days=feed.skip_days,
    )  # fmt: skip


def same_window(state: PollState) -> Window:
    """Return the window of a feed whose body has not changed, as it is kept."""
    return Window(
        size=state.window_sizes[-1] if state.window_sizes else 0, ttl_s=state.ttl_s, update_period_s=state.update_period_s,
        skip_hours=state.skip_hours, skip_days=state.skip_days,
    )  # fmt: skip


def earliest_poll(answer: Answer | NoAnswer, *, now: datetime) -> datetime:
    """Return before which time a feed is not asked again, whoever wants it: the hour, or what a Retry-After says."""
    asked_s = retry_after_s(answer.headers, now=now) if isinstance(answer, Answer) else None
    return now + timedelta(seconds=max(MIN_INTERVAL_S, asked_s or 0))


def replanned(state: PollState, *, feed_id: str, now: datetime) -> PollPlan:
    """Return the plan of a feed whose last poll lies after `now`, for the clock that timed it was ahead: as though it was polled now."""
    interval_s = max(state.interval_s, MIN_INTERVAL_S)
    at = now + timedelta(seconds=math.ceil(interval_s * (1 + JITTER * _lot(feed_id, now))))
    why = f"the clock was set back since the last poll: in {_span(interval_s)}"
    validated_since = min(state.validated_since, now) if state.validated_since else None
    return PollPlan(next_poll_at=at, interval_s=interval_s, why=why, state=replace(state, polled_at=now, validated_since=validated_since))


def spread_starts(feed_ids: Iterable[str], *, now: datetime) -> dict[str, datetime]:
    """Return when each of the feeds that are due may begin: STARTS_PER_S a second, in an order that mixes hosts and differs by `now`."""
    order = sorted(set(feed_ids), key=lambda feed_id: id_of("start", feed_id, iso_utc(now)))
    return {feed_id: now + timedelta(seconds=place / STARTS_PER_S) for place, feed_id in enumerate(order)}


def _after_feed(state: PollState, answer: Answer, window: Window, new_count: int, *, feed_id: str, now: datetime) -> PollPlan:
    size = window.size
    had_window = any(state.window_sizes[-1:])
    is_gap = had_window and 0 < size <= new_count
    sizes, news = _with(state.window_sizes, size), _with(state.new_counts, new_count if had_window else 0)
    interval_s, why = _rhythm(state, sizes, news, now=now) if had_window else _first_rhythm(window)
    gap_note = f"all {size} entries are new, some may have passed unseen; " if is_gap else ""
    kept = replace(
        _moved(state, answer.hops),
        etag=validator(answer.headers, "ETag"), last_modified=validator(answer.headers, "Last-Modified"), validated_since=now,
        failures=0, interval_s=interval_s, polled_at=now, changed_at=now if new_count else state.changed_at,
        window_sizes=sizes, new_counts=news,
        ttl_s=window.ttl_s, update_period_s=window.update_period_s, skip_hours=window.skip_hours, skip_days=window.skip_days,
    )  # fmt: skip
    return _plan(kept, answer, interval_s, why, feed_id=feed_id, now=now, note=_move_note(state, kept) + gap_note, is_gap=is_gap)


def _after_unchanged(state: PollState, answer: Answer, *, feed_id: str, now: datetime) -> PollPlan:
    sizes, news = _with(state.window_sizes, *state.window_sizes[-1:]), _with(state.new_counts, 0)
    interval_s, why = _rhythm(state, sizes, news, now=now)
    kept = replace(
        _moved(state, answer.hops),
        etag=validator(answer.headers, "ETag") or state.etag,  # RFC 9111 section 4.3.4: a 304 replaces what it names
        last_modified=validator(answer.headers, "Last-Modified") or state.last_modified,
        failures=0, interval_s=interval_s, polled_at=now, window_sizes=sizes, new_counts=news,
    )  # fmt: skip
    return _plan(kept, answer, interval_s, f"unchanged (HTTP 304), {why}", feed_id=feed_id, now=now, note=_move_note(state, kept))


def _after_failure(state: PollState, outcome: PollOutcome, *, feed_id: str, now: datetime) -> PollPlan:
    kept = replace(state, failures=state.failures + 1, polled_at=now)
    most_s = MAX_LOST_S if _is_lost(outcome.answer) else MAX_BROKEN_S
    is_lasting = isinstance(outcome.answer, NoAnswer) and outcome.answer.is_lasting
    wait_s = most_s if is_lasting else min(state.interval_s << min(kept.failures, 20), most_s)
    why = f"{_fault(outcome)}, {kept.failures} in a row"
    return _plan(kept, outcome.answer, max(wait_s, MIN_INTERVAL_S), why, feed_id=feed_id, now=now)


def _plan(
    kept: PollState,
    answer: Answer | NoAnswer,
    interval_s: int,
    why: str,
    *,
    feed_id: str,
    now: datetime,
    note: str = "",
    is_gap: bool = False,
) -> PollPlan:
    """Return the plan from the longest of all waits, the interval or what feed and server ask for, with jitter upon it.

    note         what is said besides the reason, before it
    """
    wait_s, reason = max([(interval_s, f"{why}: in {_span(interval_s)}"), *_asked(kept, answer, now)], key=lambda wish: wish[0])
    at = now + timedelta(seconds=math.ceil(wait_s * (1 + JITTER * _lot(feed_id, now))))
    open_at = _outside_skipped(at, kept.skip_hours, kept.skip_days)
    if open_at > at:
        reason += ", then past the hours and days that the feed skips"
    return PollPlan(next_poll_at=open_at, interval_s=interval_s, why=note + reason, state=kept, is_gap=is_gap)


def _asked(kept: PollState, answer: Answer | NoAnswer, now: datetime) -> list[tuple[int, str]]:
    """Return (seconds, reason) of every wait that feed or server asks for."""
    wishes = [(min(kept.ttl_s or 0, MAX_ASKED_S), "the feed asks for it (ttl)"),
              (min(kept.update_period_s or 0, MAX_INTERVAL_S), "the feed says it is updated no more often (sy:updatePeriod)")]  # fmt: skip
    if isinstance(answer, Answer):
        wishes.append((retry_after_s(answer.headers, now=now) or 0, "the server asks for it (Retry-After)"))
        if answer.status in (200, 304):
            wishes.append((fresh_s(answer.headers, now=now), "the answer is fresh until then (max-age, Expires)"))
            if not (kept.etag or kept.last_modified):
                wishes.append((UNVALIDATED_INTERVAL_S, "the server sends no validators"))
    return [(wait_s, f"{reason}: in {_span(wait_s)}") for wait_s, reason in wishes]


def _rhythm(state: PollState, sizes: tuple[int, ...], news: tuple[int, ...], *, now: datetime) -> tuple[int, str]:
    """Return the interval that would bring TARGET_NEW entries and no more than TARGET_SHARE of the window, and its reason."""
    mean_new = sum(news) / len(news) if news else 0.0
    share = news[-1] / sizes[-1] if sizes and sizes[-1] else 0.0
    wanted = min(TARGET_NEW / mean_new if mean_new else LONGEST, TARGET_SHARE / share if share else LONGEST)
    was_early = state.polled_at is not None and now - state.polled_at < timedelta(seconds=state.interval_s)
    factor = min(max(wanted, SHORTEST), 1.0 if was_early else LONGEST)
    interval_s = round(min(max(state.interval_s * factor, MIN_INTERVAL_S), MAX_INTERVAL_S))
    return interval_s, f"{_counted(sum(news), 'new entry', 'new entries')} in {_counted(len(news), 'poll', 'polls')}"


def _first_rhythm(window: Window) -> tuple[int, str]:
    """Return the interval at which the entries of a first window came."""
    if window.each_s is None:
        return MIN_INTERVAL_S, "nothing known of its rhythm yet"
    return min(max(window.each_s, MIN_INTERVAL_S), MAX_INTERVAL_S), f"an entry every {_span(window.each_s)}"


def _moved(state: PollState, hops: tuple[Hop, ...]) -> PollState:
    """Return the state with the redirect counted, and with its URL changed once one was the same MOVED_AFTER times in a row.

    Never from https to http: who sits between could ask for that.
    """
    target = _permanent_target(hops)
    if target is None or target == state.url or (state.url.startswith("https:") and not target.startswith("https:")):
        return replace(state, moved_to=None, moved_count=0) if state.moved_to else state
    count = state.moved_count + 1 if target == state.moved_to else 1
    if count < MOVED_AFTER:
        return replace(state, moved_to=target, moved_count=count)
    return replace(state, url=target, moved_to=None, moved_count=0)


def _move_note(state: PollState, kept: PollState) -> str:
    return f"moved for good to {kept.url}; " if kept.url != state.url else ""


def _permanent_target(hops: tuple[Hop, ...]) -> str | None:
    target = None
    for hop, following in pairwise(hops):
        if hop.status not in PERMANENT:
            break
        target = following.url
    return target


def _is_lost(answer: Answer | NoAnswer) -> bool:
    if isinstance(answer, NoAnswer):
        return answer.is_lasting
    return 400 <= answer.status < 500 and answer.status not in CURABLE


def _fault(outcome: PollOutcome) -> str:
    answer = outcome.answer
    if isinstance(answer, NoAnswer):
        return f"no answer ({answer.reason})"
    if answer.status == 200 and outcome.feed is not None and not isinstance(outcome.feed, Window):
        return f"no feed ({outcome.feed.reason})"
    return "unchanged (HTTP 304), though we had no copy" if answer.status == 304 else f"HTTP {answer.status}"


def _with(kept: tuple[int, ...], *latest: int) -> tuple[int, ...]:
    return (*kept, *latest)[-KEPT_POLLS:]


def _lot(feed_id: str, now: datetime) -> float:
    """Return 0 to 1, the same for the same feed and time, evenly over feeds."""
    return int(id_of("jitter", feed_id, iso_utc(now)), 16) / (1 << 4 * ID_DIGITS)


def _outside_skipped(at: datetime, hours: frozenset[int], days: frozenset[int]) -> datetime:
    """Return the first hour from `at` on, at the same minute, that the feed does not skip; `at` where it skips every hour of the week."""
    later = at.astimezone(timezone.utc)
    for _ in range(7 * 24):
        if later.hour not in hours and later.weekday() not in days:
            return later
        later += timedelta(hours=1)
    return at


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _span(seconds: int) -> str:
    """Return a time in its two largest units: 45 s, 12 min, 3 h 20 min, 2 d 5 h."""
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
