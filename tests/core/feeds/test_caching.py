"""What an answer's headers ask of the next request: freshness, Retry-After, validators; clamped, and never read as shorter than meant."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.feeds.caching import MAX_FRESH_S, MAX_RETRY_S, fresh_s, http_date, retry_after_s, validator
from tasks.core.feeds.records import Headers

NOW = datetime(2026, 3, 17, 8, 0, tzinfo=timezone.utc)
DATE = ("Date", "Tue, 17 Mar 2026 08:00:00 GMT")

FRESH = {
    "nothing": ([], 0),
    "max-age": ([("Cache-Control", "max-age=7200")], 7200),
    "in any case and beside others": ([("cache-control", "public, MAX-AGE = 60, must-revalidate")], 60),
    "quoted": ([("Cache-Control", 'max-age="90"')], 90),
    "of two the longer": ([("Cache-Control", "max-age=60"), ("Cache-Control", "max-age=600")], 600),
    "s-maxage is for shared caches": ([("Cache-Control", "s-maxage=900")], 0),
    "less the Age": ([("Cache-Control", "max-age=7200"), ("Age", "1200")], 6000),
    "older than its max-age": ([("Cache-Control", "max-age=60"), ("Age", "1200")], 0),
    "16 years": ([("Cache-Control", "max-age=504921600")], MAX_FRESH_S),
    "a number without end": ([("Cache-Control", "max-age=" + "9" * 9000), ("Age", "9" * 9000)], 0),
    "negative": ([("Cache-Control", "max-age=-60")], 0),
    "no number": ([("Cache-Control", "max-age=soon")], 0),
    "Expires": ([DATE, ("Expires", "Tue, 17 Mar 2026 10:00:00 GMT")], 7200),
    "Expires by a clock that is a day off": (
        [("Date", "Wed, 18 Mar 2026 08:00:00 GMT"), ("Expires", "Wed, 18 Mar 2026 09:00:00 GMT")],
        3600,
    ),
    "Expires without a Date": ([("Expires", "Tue, 17 Mar 2026 08:30:00 GMT")], 1800),
    "Expires: 0": ([DATE, ("Expires", "0")], 0),
    "Expires in the past": ([DATE, ("Expires", "Tue, 17 Mar 2020 10:00:00 GMT")], 0),
    "max-age before Expires": ([DATE, ("Cache-Control", "max-age=60"), ("Expires", "Tue, 17 Mar 2026 10:00:00 GMT")], 60),
}

RETRY = {
    "nothing": ([], None),
    "seconds": ([("Retry-After", "120")], 120),
    "part of a second is not early": ([("Retry-After", "1.5")], 2),
    "a date": ([("Retry-After", "Tue, 17 Mar 2026 08:02:00 GMT")], 120),
    "a date by the server's clock": ([("Date", "Tue, 17 Mar 2026 07:00:00 GMT"), ("Retry-After", "Tue, 17 Mar 2026 08:00:00 GMT")], 3600),
    "a date gone by": ([("Retry-After", "Tue, 17 Mar 2020 08:02:00 GMT")], 0),
    "RFC 850": ([("Retry-After", "Tuesday, 17-Mar-26 08:02:00 GMT")], 120),
    "asctime": ([("Retry-After", "Tue Mar 17 08:02:00 2026")], 120),
    "of two the longer": ([("Retry-After", "60"), ("Retry-After", "600")], 600),
    "absurd": ([("Retry-After", "9" * 5000)], MAX_RETRY_S),
    "negative": ([("Retry-After", "-5")], None),
    "no time": ([("Retry-After", "later")], None),
}


@pytest.mark.parametrize(("headers", "seconds"), FRESH.values(), ids=FRESH)
def test_an_answer_is_fresh_for_as_long_as_its_headers_say(headers: list[tuple[str, str]], seconds: int) -> None:
    assert fresh_s(tuple(headers), now=NOW) == seconds


@pytest.mark.parametrize(("headers", "seconds"), RETRY.values(), ids=RETRY)
def test_a_retry_after_is_read_as_seconds_or_as_a_date(headers: list[tuple[str, str]], seconds: int | None) -> None:
    assert retry_after_s(tuple(headers), now=NOW) == seconds


@pytest.mark.parametrize("text", ["", "0", "Tue, 31 Feb 2026 08:00:00 GMT", "Sat, 16 Nov 99999 19:11:00 GMT", "x" * 100_000, "\x00"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert http_date(text) is None


def test_a_date_without_a_zone_is_utc() -> None:
    assert http_date("Tue, 17 Mar 2026 08:00:00 -0000") == NOW


VALIDATORS = {
    "verbatim": ('W/"a b"', 'W/"a b"'),
    "without quotes": ("abc", "abc"),
    "no date at all": ("yesterday", "yesterday"),
    "2041": ("Sat, 16 Nov 2041 19:11:00 GMT", "Sat, 16 Nov 2041 19:11:00 GMT"),
    "outside ASCII": ('"caf\xe9"', '"caf\xe9"'),
    "empty": ("", None),
    "a header of its own inside": ('"a\rX-Evil: 1"', None),
    "a zero byte": ("x\x00y", None),
    "an escape": ("\x1b[31m", None),
    "too long to be sent back": ('"' + "a" * 4000 + '"', None),
}


@pytest.mark.parametrize(("given", "kept"), VALIDATORS.values(), ids=VALIDATORS)
def test_a_validator_is_kept_verbatim_or_not_at_all(given: str, kept: str | None) -> None:
    assert validator((("etag", given),), "ETag") == kept


TEXTS = st.one_of(st.text(max_size=40), st.integers().map(str), st.integers(0, 10**12).map("max-age={}".format), st.just(DATE[1]))
HEADERS = st.lists(st.tuples(st.sampled_from(["Cache-Control", "Expires", "Age", "Date", "Retry-After", "ETag"]), TEXTS), max_size=6).map(
    tuple
)


@given(HEADERS)
def test_no_header_breaks_the_reading_or_its_bounds(headers: Headers) -> None:
    assert 0 <= fresh_s(headers, now=NOW) <= MAX_FRESH_S
    assert 0 <= (retry_after_s(headers, now=NOW) or 0) <= MAX_RETRY_S
    kept = validator(headers, "ETag")
    assert kept is None or ("\n" not in kept and "\r" not in kept and kept in [value.strip(" \t") for _, value in headers])


@given(HEADERS, st.integers(0, MAX_FRESH_S), st.integers(0, MAX_RETRY_S))
def test_a_readable_wish_is_never_cut_short(headers: Headers, max_age: int, retry: int) -> None:
    unaged = tuple(pair for pair in headers if pair[0] != "Age")
    assert fresh_s((*unaged, ("Cache-Control", f"max-age={max_age}")), now=NOW) >= max_age
    assert (retry_after_s((*headers, ("Retry-After", str(retry))), now=NOW) or 0) >= retry


@given(st.datetimes(datetime(1995, 1, 1), datetime(2090, 1, 1)), st.timedeltas(timedelta(0), timedelta(days=1000)))
def test_a_date_is_never_read_as_earlier(server_now: datetime, ahead: timedelta) -> None:
    dates = [(server_now + wait).strftime("%a, %d %b %Y %H:%M:%S GMT") for wait in (timedelta(0), ahead)]
    headers = (("Date", dates[0]), ("Retry-After", dates[1]), ("Expires", dates[1]))
    assert (retry_after_s(headers, now=NOW) or 0) >= min(int(ahead.total_seconds()), MAX_RETRY_S)
    assert fresh_s(headers, now=NOW) >= min(int(ahead.total_seconds()), MAX_FRESH_S)
