"""Dates of feeds: what they say, what they do not say, and never today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.feeds.dates import date_candidates, is_bad
from tasks.core.feeds.records import DateCandidate

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def candidate(raw: str) -> DateCandidate:
    [found] = date_candidates([("pubDate", raw)], received_at=NOW)
    return found


INSTANTS = {
    "Mon, 01 Jan 2024 10:20:30 GMT": "2024-01-01T10:20:30",
    "01 Jan 2024 10:20 GMT": "2024-01-01T10:20:00",
    "Mon, 1 Jan 24 00:00:00 EST": "2024-01-01T05:00:00",
    "Fri, 01-Jan-99 00:00:00 UT": "1999-01-01T00:00:00",
    "Mon, 01 Jan 2024 10:20:30 -0000": "2024-01-01T10:20:30",
    "Sun, 27 Oct 2024 02:30:00 +0100": "2024-10-27T01:30:00",
    "Sun, 27 Oct 2024 02:30:00 CEST": "2024-10-27T00:30:00",
    "Sun, 27 Oct 2024 02:30:00 CET": "2024-10-27T01:30:00",
    "Sun, 10 Mar 2024 02:30:00 PST": "2024-03-10T10:30:00",
    "Mon, 01 Jan 2024 10:20:30 GMT+0200": "2024-01-01T08:20:30",
    "Thu,28 Jul 2022 4:35:5 GMT+9": "2022-07-27T19:35:05",
    "Mon, 01 Jan 2024 10:20:30 UTC-05:30": "2024-01-01T15:50:30",
    "2024-01-01T10:20:30Z": "2024-01-01T10:20:30",
    "2024-01-01T10:20:30.1234567Z": "2024-01-01T10:20:30.123456",
    "20240101T102030Z": "2024-01-01T10:20:30",
    "2024-01-01 10:20:30 +0100": "2024-01-01T09:20:30",
    "2016-12-31T23:59:60Z": "2016-12-31T23:59:59",
    "1704104430": "2024-01-01T10:20:30",
    "Mon, 01 Jan 2024 02:30:00 PM GMT": "2024-01-01T14:30:00",
}


@pytest.mark.parametrize(("raw", "at"), INSTANTS.items(), ids=INSTANTS)
def test_an_instant_is_read_in_its_own_zone(raw: str, at: str) -> None:
    found = candidate(raw)
    assert found.at == datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert found.raw == raw
    assert found.precision == ("minute" if raw == "01 Jan 2024 10:20 GMT" else "second")


NO_INSTANTS = {
    "2024-03-10 02:30:00": "second",
    "2024-03-10T02:30": "minute",
    "Sun, 27 Oct 2024 02:30:00": "second",
    "Sun, 27 Oct 2024 02:30:00 XYZ": "second",
    "Sun, 27 Oct 2024 02:30:00 Europe/Berlin": "second",
    "2024-01-01T10:00:00+9900": "second",
    "2024-01-01": "day",
    "1 January 2024": "day",
}


@pytest.mark.parametrize(("raw", "precision"), NO_INSTANTS.items(), ids=NO_INSTANTS)
def test_a_date_without_a_zone_is_no_instant_and_not_bad(raw: str, precision: str) -> None:
    found = candidate(raw)
    assert (found.at, found.raw, found.precision, is_bad(found)) == (None, raw, precision, False)


BAD = [
    "not a date",
    "yesterday",
    "01/02/2024",
    "Tue, 31 Feb 2024 10:00:00 GMT",
    "Mon, 01 Jan 2024 00:60:00 GMT",
    "Mon, 01 Jan 2024 25:00:00 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "1970-01-01T00:00:00Z",
    "0000000000",
    "Mon, 01 Jan 0001 00:00:00 +0000",
    "0000-00-00 00:00:00",
    "2036-11-22T02:39:45Z",
    "2026-11-27",
    "9999-12-31T23:59:59Z",
    "99999-01-01",
    "{{ post.date }}",
]


@pytest.mark.parametrize("raw", BAD)
def test_a_bad_date_is_null_and_keeps_its_words(raw: str) -> None:
    found = candidate(raw)
    assert (found.at, found.raw, found.precision, is_bad(found)) == (None, raw, None, True)


def test_a_date_may_lie_a_day_ahead_and_no_more() -> None:
    ahead = [(NOW + timedelta(hours=hours)).isoformat() for hours in (23, 25)]
    assert [candidate(raw).at is not None for raw in ahead] == [True, False]


def test_an_empty_element_is_no_date() -> None:
    assert date_candidates([("pubDate", " "), ("updated", "")], received_at=NOW) == ()


def test_a_monster_is_kept_in_part() -> None:
    assert len(candidate("9 " * 100_000).raw) <= 200


@given(
    st.text(max_size=40)
    | st.from_regex(r"\d{1,4}[-/. ]\w{1,4}[-/. ]\d{1,4}[T ]\d{1,2}:\d{1,3}(:\d+)? ?(GMT|CEST|Z)?[+-]?\d{0,5}", fullmatch=True)
)
def test_whatever_stands_there_no_date_is_invented(raw: str) -> None:
    for found in date_candidates([("pubDate", raw)], received_at=NOW):
        assert found.raw == raw.strip()
        assert found.at is None or (found.at.year >= 1990 and found.at <= NOW + timedelta(days=1))
