"""Order: which report came first and how far apart two are, as far as that can be known."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.copies.order import Distance, distance, is_later, is_ordered
from tasks.core.copies.shingle_index import Document

Named = Callable[..., Document]


@pytest.mark.parametrize(
    ("is_dated", "days", "expected"),
    [
        ((True, True), 3.0, Distance(least=3.0, most=3.0)),
        ((True, True), -3.0, Distance(least=3.0, most=3.0)),
        ((False, False), 20.0, Distance(least=0.0, most=math.inf)),
        ((False, True), 20.0, Distance(least=20.0, most=math.inf)),
        ((False, True), 0.5, Distance(least=0.5, most=math.inf)),
        ((False, True), -20.0, Distance(least=0.0, most=math.inf)),
        ((True, False), 20.0, Distance(least=0.0, most=math.inf)),
        ((True, False), -20.0, Distance(least=20.0, most=math.inf)),
    ],
    ids=[
        "both known", "both known, the other way round", "both captured", "captured long before the other came out", "captured just before",
        "captured after the other came out", "the later one captured", "the later one known",
    ],
)  # fmt: skip
def test_days_between_are_known_as_far_as_times_tell(named: Named, is_dated: tuple[bool, bool], days: float, expected: Distance) -> None:
    a, b = named("a", is_dated=is_dated[0]), named("b", days=days, is_dated=is_dated[1])
    assert distance(a, b) == expected


@pytest.mark.parametrize(
    ("is_dated", "days", "expected"),
    [
        ((True, True), 0.01, True),
        ((True, True), 0.0, False),
        ((False, True), 1.9, False),
        ((False, True), 2.0, True),
        ((True, False), 9.0, False),
        ((False, False), 9.0, False),
    ],
    ids=["known instants", "the same instant", "captured just before", "captured days before", "captured after", "both captured"],
)
def test_an_order_is_known_or_not(named: Named, is_dated: tuple[bool, bool], days: float, expected: bool) -> None:
    assert is_ordered(named("a", is_dated=is_dated[0]), named("b", days=days, is_dated=is_dated[1])) is expected


@pytest.mark.parametrize(("days", "expected"), [(1.0, False), (2.0, True), (-2.0, True)], ids=["the next day", "days later", "days before"])
def test_known_days_are_in_order_from_two_days_on(days: float, expected: bool) -> None:
    at = datetime(2026, 5, 4, tzinfo=UTC)
    one = Document(version_id="1", article_id="1", outlet=None, at=at, is_dated=False, is_day_known=True)
    other = Document(version_id="2", article_id="2", outlet=None, at=at + timedelta(days=days), is_dated=False, is_day_known=True)
    assert is_ordered(one, other) is expected
    assert distance(one, other) == Distance(least=abs(days) - 1, most=abs(days) + 1)


def test_where_the_order_is_unknown_the_greater_id_is_side_b(named: Named) -> None:
    assert is_later(named("b", is_dated=False), named("a", days=1.0))
    assert not is_later(named("a", days=1.0), named("b", is_dated=False))


@settings(max_examples=50, deadline=None)
@given(st.floats(-40, 40), st.booleans(), st.booleans())
def test_of_two_articles_exactly_one_is_later(days: float, one_is_dated: bool, other_is_dated: bool) -> None:
    at = datetime(2026, 5, 4, tzinfo=UTC)
    one = Document(version_id="1", article_id="1", outlet=None, at=at, is_dated=one_is_dated)
    other = Document(version_id="2", article_id="2", outlet=None, at=at + timedelta(days=days), is_dated=other_is_dated)
    assert is_later(one, other) is not is_later(other, one)
    assert distance(one, other) == distance(other, one)
    assert is_ordered(one, other) is is_ordered(other, one)
