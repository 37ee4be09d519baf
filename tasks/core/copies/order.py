"""Which of two reports came first, where that can be known."""

from __future__ import annotations

from tasks.core.copies.candidates import DAY_S, Document

SURE_DAYS = 2.0  # days between two times of capture or of day only that settle an order: README, "matches"


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
