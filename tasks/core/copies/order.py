"""Which of two reports came first, and how far apart they are, where that can be known.

Of a report without a known time of publication only its day may be known, or only that it was published before its
capture: then it may be of any age.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tasks.core.copies.shingle_index import DAY_S, Document

SURE_DAYS = 2.0  # days between two days, or a capture and a day, that settle an order: README, "matches"
DAY_ONLY_DAYS = 1.0  # length of a day: by so much a report may be younger than the midnight its day begins with


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """Days between two publications: at least and at most so many. Equal where both times are known."""

    least: float
    most: float


def distance(document: Document, other: Document) -> Distance:
    """Return how far apart two reports were published."""
    (first, last), (other_first, other_last) = _span(document), _span(other)
    return Distance(
        least=max(0.0, first - other_last, other_first - last),
        most=max(last - other_first, other_last - first),
    )


def _span(document: Document) -> tuple[float, float]:
    """Return between which days since 1970 a report was published."""
    day = document.at.timestamp() / DAY_S
    if document.is_dated:
        return day, day
    return (day, day + DAY_ONLY_DAYS) if document.is_day_known else (-math.inf, day)


def is_ordered(document: Document, other: Document) -> bool:
    """Tell whether the order of two reports is known: both published at known instants, or days apart."""
    if document.is_dated and other.is_dated:
        return document.at != other.at
    earlier, later = sorted((document, other), key=lambda report: report.at)
    return (later.is_dated or later.is_day_known) and (later.at - earlier.at).total_seconds() >= SURE_DAYS * DAY_S


def is_later(document: Document, other: Document) -> bool:
    """Tell whether a document is side b of the pair: the later one; where order is unknown, of the greater article id."""
    if is_ordered(document, other):
        return document.at > other.at
    return document.article_id > other.article_id
