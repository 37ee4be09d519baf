"""From evidence to a relation: the rules in order, the first that fits decides.

A text is template-bound, or follows up in its own outlet, or shares quotes only, before it may be a copy. Works on
figures alone. Thresholds: notes/dedup.md and tests/bench/copies.py, 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tasks.core.copies.evidence import Coverage, Evidence
from tasks.core.copies.rewording import Rewording

IDENTICAL_SHARE = 0.9  # of both texts, boilerplate included
SWAPPED_ANCHORS = 3  # anchors
SWAPPED_FACTOR = 2.0  # rate of swapped anchors over that of plain words
SWAPPED_RATE = 0.1  # of the anchors
SWAPPED_RATE_LATE = 0.06  # of the anchors, the other text being older
SWAPPED_DENSITY = 0.06  # of the matched unquoted words
SWAPPED_RATE_SURE = 0.2  # of the anchors: then the density does not matter
LATE_DAYS = 2.0  # days
MIN_OWN_WORDS = 20  # words outside boilerplate in each text
SHORT_WORDS = 150  # words
SHORT_SHARE = 0.8  # of one text
LEAD_SHARE = 0.5  # of the first words
FOLLOW_UP_SHARE = 0.4  # of both texts, of one outlet and the same day
FOLLOW_UP_SHARE_LATE = 0.5  # of both texts, of one outlet and a day apart
FOLLOW_UP_DAYS = 1.0  # days
ANCHOR_SHARE = 0.6  # of the anchors near the matched text
ANCHOR_FREE_SHARE = 0.9  # of one text: anchors then say no more
VARIANT_ANCHOR_SHARE = 0.7  # of the anchors near the matched text
COPY_LARGER, COPY_SMALLER = 0.5, 0.4  # of the texts
COPY_WORDS = 20  # unquoted words
REWRITE_DAYS = 5.0  # days
REWRITE_SHARE = 0.35  # of rare words, both texts
REWRITE_NEAR_SHARE = 0.2  # of rare words, both texts, where anchors agree within LATE_DAYS
REWRITE_SHARE_SHORT = 0.5  # of rare words, both texts, where one is short: few words meet by chance
REWRITE_UNQUOTED = 0.25  # of rare unquoted words
VARIANT_WORDS = 40  # unquoted words in runs
VARIANT_RUNS = 3  # runs
VARIANT_SHARE = 0.15  # of the smaller share
VARIANT_SURE_SHARE = 0.3  # of one text
OWN_SHARE = 0.4  # of the later text that the earlier one must hold, for contains to merge
OWN_SHARE_ABROAD = 0.25  # the same across outlets
PASSAGE_WORDS = 20  # unquoted words in a row
QUOTE_WORDS = 8  # words, quoted in one text or both


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    relation: str
    rule: str
    is_merging: bool


def decide_relation(e: Evidence, reworded: Callable[[], Rewording]) -> Ruling | None:
    """Return the relation of b to a, None where they have nothing to say to each other.

    reworded   works out the rewording, asked for only where it can decide
    """
    if is_template(e):
        return Ruling(relation="boilerplate", rule="swapped_anchors", is_merging=False)
    if is_recurrence(e):
        return Ruling(relation="boilerplate", rule="recurring", is_merging=False)
    if min(e.a.raw_share, e.b.raw_share) >= IDENTICAL_SHARE:
        return Ruling(relation="identical", rule="both_covered", is_merging=True)
    if min(e.a.own_words, e.b.own_words) < MIN_OWN_WORDS:
        return Ruling(relation="boilerplate", rule="little_else", is_merging=False)
    for guard, rule in ((is_far_and_short, "far_and_short"), (is_follow_up, "follow_up"), (has_other_names, "other_names")):
        if guard(e):
            return _passage(e, rule)
    return _containment(e) or _looser(e, reworded) or _passage(e, "long_run")


def is_template(e: Evidence) -> bool:
    """Tell whether names and numbers were swapped in running text, as in market reports and forecasts.

    An update swaps a figure here and there, a template in every line, and a form letter a good part of all names.
    """
    rate = SWAPPED_RATE_LATE if is_far(e) else SWAPPED_RATE
    is_spread = e.swaps.anchors >= SWAPPED_DENSITY * e.unquoted_words or e.swaps.anchor_rate > SWAPPED_RATE_SURE
    is_swapped = e.swaps.anchors >= SWAPPED_ANCHORS and e.swaps.anchor_rate > max(rate, SWAPPED_FACTOR * e.swaps.plain_rate)
    return is_swapped and is_spread


def is_recurrence(e: Evidence) -> bool:
    """Tell whether a form, or days later a brief, came again with another name or number: the next one of a series."""
    is_form = min(e.a.own_words, e.b.own_words) < MIN_OWN_WORDS
    return e.swaps.anchors > 0 and (is_form or (is_far(e) and max(e.a.words, e.b.words) < SHORT_WORDS))


def is_far(e: Evidence) -> bool:
    """Tell whether the texts lie LATE_DAYS apart, or may do so for all that is known."""
    return e.distance.most >= LATE_DAYS


def is_far_and_short(e: Evidence) -> bool:
    """Tell whether one of two texts that lie days apart is a brief, and neither is nearly whole in the other."""
    return is_far(e) and min(e.a.words, e.b.words) < SHORT_WORDS and max(e.a.share, e.b.share) < SHORT_SHARE


def is_follow_up(e: Evidence) -> bool:
    """Tell whether an outlet recycles its own background: neither the lead nor most of both texts is shared."""
    smaller = min(e.a.share, e.b.share)
    lead = min(e.a.lead_share, e.b.lead_share)
    if not e.is_same_outlet:
        return False
    if e.distance.most >= FOLLOW_UP_DAYS:
        return smaller < (FOLLOW_UP_SHARE if lead >= LEAD_SHARE else FOLLOW_UP_SHARE_LATE)
    return lead < LEAD_SHARE and smaller < FOLLOW_UP_SHARE


def has_other_names(e: Evidence) -> bool:
    return _anchors(e) < ANCHOR_SHARE and max(e.a.share, e.b.share) < ANCHOR_FREE_SHARE


def _containment(e: Evidence) -> Ruling | None:
    larger, smaller = max(e.a.share, e.b.share), min(e.a.share, e.b.share)
    if larger < COPY_LARGER or e.unquoted_words < COPY_WORDS:
        return None
    if smaller >= COPY_SMALLER:
        return Ruling(relation="copy", rule="both_shares", is_merging=True)
    if e.b.share > e.a.share:
        is_merging = e.is_ordered or _is_mainly(e, part=e.b, whole=e.a)
        return Ruling(relation="excerpt_of", rule="later_share", is_merging=is_merging)
    return Ruling(relation="contains", rule="earlier_share", is_merging=_is_mainly(e, part=e.a, whole=e.b))


def _is_mainly(e: Evidence, *, part: Coverage, whole: Coverage) -> bool:
    """Tell whether a text is about what its part is about, and does not merely carry it."""
    return whole.share >= (OWN_SHARE if e.is_same_outlet else OWN_SHARE_ABROAD) or part.lead_share >= LEAD_SHARE


def _looser(e: Evidence, reworded: Callable[[], Rewording]) -> Ruling | None:
    if e.distance.least > REWRITE_DAYS:
        return None
    if is_variant(e):
        return Ruling(relation="variant", rule="unquoted_runs", is_merging=True)
    if _is_rewrite(e, reworded()):
        return Ruling(relation="rewrite", rule="rare_words", is_merging=True)
    return None


def is_variant(e: Evidence) -> bool:
    larger = max(e.a.share, e.b.share)
    lead = max(e.a.lead_share, e.b.lead_share)
    return (
        _anchors(e) >= VARIANT_ANCHOR_SHARE
        and min(e.a.share, e.b.share) >= VARIANT_SHARE
        and e.unquoted_run_words >= VARIANT_WORDS
        and (e.unquoted_runs >= VARIANT_RUNS or larger >= 0.2)
        and (larger >= VARIANT_SURE_SHARE or not is_far(e) or lead >= LEAD_SHARE)
    )


def _is_rewrite(e: Evidence, found: Rewording) -> bool:
    if min(e.a.words, e.b.words) < SHORT_WORDS:
        share = REWRITE_SHARE_SHORT
    else:
        share = REWRITE_SHARE if is_far(e) or _anchors(e) < VARIANT_ANCHOR_SHARE else REWRITE_NEAR_SHARE
    return min(found.share_of_a, found.share_of_b) >= share and found.unquoted_share >= REWRITE_UNQUOTED


def _passage(e: Evidence, rule: str) -> Ruling | None:
    if e.longest_unquoted_run >= PASSAGE_WORDS:
        return Ruling(relation="passage", rule=rule, is_merging=False)
    quoted_words = e.matched_words - e.unquoted_words
    if quoted_words >= QUOTE_WORDS and quoted_words > e.unquoted_words:
        return Ruling(relation="quotes_only", rule="mostly_quoted", is_merging=False)
    return None


def _anchors(e: Evidence) -> float:
    return 1.0 if e.anchor_share is None else e.anchor_share
