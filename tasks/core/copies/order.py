"""Which of two reports came first, and how far apart they are, where that can be known.

The time of a report without a known time of publication is that of its capture, or the midnight that its day begins
with: it was published no later than a day after that, and may be of any age.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tasks.core.copies.candidates import DAY_S, Document

SURE_DAYS = 2.0  # days between two times of capture or of day only that settle an order: README, "matches"
DAY_ONLY_DAYS = 1.0  # days by which a report may be younger than its time, if that is only a day


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """Days between two publications: at least and at most so many. Equal where both times are known."""

    least: float
    most: float


def distance(document: Document, other: Document) -> Distance:
    """Return how far apart two reports were published."""
    days = (other.at - document.at).total_seconds() / DAY_S
    if document.is_dated and other.is_dated:
        return Distance(least=abs(days), most=abs(days))
    if document.is_dated == other.is_dated:
        return Distance(least=0.0, most=math.inf)
    until_dated = days if other.is_dated else -days
    return Distance(least=max(0.0, until_dated - DAY_ONLY_DAYS), most=math.inf)


def is_ordered(document: Document, other: Document) -> bool:
    """Tell whether the order of two reports is known: both published at known instants, or days apart."""
    apart_s = abs((document.at - other.at).total_seconds())
    if document.is_dated and other.is_dated:
        return apart_s > 0
    return apart_s >= SURE_DAYS * DAY_S


def is_later(document: Document, other: Document) -> bool:
    """Tell whether a document is side b of the pair: the later one; where order is unknown, of the greater article id."""
    if is_ordered(document, other):
        return document.at > other.at
    return document.article_id > other.article_id
