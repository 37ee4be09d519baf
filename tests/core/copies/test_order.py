"""Order: which report came first and how far apart two are, as far as that can be known."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.copies.candidates import Document
from tasks.core.copies.order import Distance, distance, is_later, is_ordered

Named = Callable[..., Document]


@pytest.mark.parametrize(
    ("is_dated", "days", "expected"),
    [
        ((True, True), 3.0, Distance(least=3.0, most=3.0)),
        ((True, True), -3.0, Distance(least=3.0, most=3.0)),
        ((False, False), 20.0, Distance(least=0.0, most=math.inf)),
        ((False, True), 20.0, Distance(least=19.0, most=math.inf)),
        ((False, True), 0.5, Distance(least=0.0, most=math.inf)),
        ((False, True), -20.0, Distance(least=0.0, most=math.inf)),
        ((True, False), 20.0, Distance(least=0.0, most=math.inf)),
        ((True, False), -20.0, Distance(least=19.0, most=math.inf)),
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
    [((True, True), 0.01, True), ((True, True), 0.0, False), ((False, True), 1.9, False), ((False, False), 2.0, True)],
    ids=["known instants", "the same instant", "near times of capture", "times of capture days apart"],
)
def test_an_order_is_known_or_not(named: Named, is_dated: tuple[bool, bool], days: float, expected: bool) -> None:
    assert is_ordered(named("a", is_dated=is_dated[0]), named("b", days=days, is_dated=is_dated[1])) is expected


def test_where_the_order_is_unknown_the_greater_id_is_side_b(named: Named) -> None:
    assert is_later(named("b", is_dated=False), named("a", days=1.0))
    assert not is_later(named("a", days=1.0), named("b", is_dated=False))


@settings(max_examples=50, deadline=None)
@given(st.floats(-40, 40), st.booleans(), st.booleans())
def test_of_two_articles_exactly_one_is_later(days: float, one_is_dated: bool, other_is_dated: bool) -> None:
    from datetime import UTC, datetime, timedelta

    at = datetime(2026, 5, 4, tzinfo=UTC)
    one = Document(version_id="1", article_id="1", outlet=None, at=at, is_dated=one_is_dated)
    other = Document(version_id="2", article_id="2", outlet=None, at=at + timedelta(days=days), is_dated=other_is_dated)
    assert is_later(one, other) is not is_later(other, one)
    assert distance(one, other) == distance(other, one)
    assert is_ordered(one, other) is is_ordered(other, one)
