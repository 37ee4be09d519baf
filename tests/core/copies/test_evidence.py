"""Evidence: figures on two texts, the same whichever is called a."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.copies.evidence import BOILERPLATE_REACH, Evidence, Side, boilerplate_mask, weigh_evidence
from tasks.core.copies.shingle_index import Document
from tasks.core.copies.tokens import Tokens

MakeSide = Callable[..., Side]

OPENING = "The council met on Tuesday evening to vote on the plan for the old wharf"
CLOSING = "and most of those who spoke in the long debate were against the sale"


def evidence(side: MakeSide, a: list[str], b: list[str]) -> Evidence:
    return weigh_evidence(side(a, "a", outlet="Post"), side(b, "b", outlet="Times", days=1.0))


def test_shares_are_of_each_text(side: MakeSide) -> None:
    found = evidence(side, [OPENING], [OPENING, CLOSING])
    assert (found.a.share, found.b.share) == (1.0, pytest.approx(15 / 29))
    assert (found.a.words, found.b.words) == (15, 29)


def test_boilerplate_counts_for_raw_shares_only(side: MakeSide) -> None:
    found = weigh_evidence(side([OPENING, "One more thing"], "a", boilerplate=[0]), side([OPENING, CLOSING], "b", boilerplate=[0]))
    assert (found.a.raw_share, found.b.raw_share) == (pytest.approx(15 / 18), pytest.approx(15 / 29))
    assert (found.a.share, found.b.share, found.matched_words, found.unquoted_words) == (0.0, 0.0, 0, 0)
    assert (found.a.own_words, found.b.own_words) == (3, 14)


def test_boilerplate_of_either_text_is_no_evidence(side: MakeSide) -> None:
    found = weigh_evidence(side([OPENING, CLOSING], "a", boilerplate=[0]), side([OPENING, CLOSING], "b"))
    assert found.unquoted_words == 14


def test_words_quoted_in_one_text_are_not_counted_as_unquoted(side: MakeSide) -> None:
    found = evidence(side, [f"“{OPENING},” he said."], [OPENING])
    assert (found.matched_words, found.unquoted_words, found.longest_unquoted_run) == (15, 0, 0)


def test_anchors_are_compared_near_matched_text_and_within_its_paragraph(side: MakeSide) -> None:
    same_paragraph = evidence(side, [OPENING], [f"{OPENING}, said Dora Mills of Ashford"])
    next_paragraph = evidence(side, [OPENING], [OPENING, "Dora Mills of Ashford said so"])
    assert same_paragraph.anchor_share == pytest.approx(4 / 7)
    assert next_paragraph.anchor_share == 1.0


def test_there_is_no_anchor_share_without_anchors(side: MakeSide) -> None:
    assert evidence(side, [OPENING.lower()], [OPENING.lower()]).anchor_share is None


def test_anchors_in_the_place_of_others_are_swapped(side: MakeSide) -> None:
    found = evidence(side, [f"{OPENING} in Hull for 40 pounds {CLOSING}"], [f"{OPENING} in Leeds for 60 pounds {CLOSING}"])
    assert (found.swaps.anchors, found.swaps.plain_rate) == (2, 0.0)
    assert found.swaps.anchor_rate == pytest.approx(2 / 4)


def test_anchors_that_the_other_text_has_elsewhere_are_not_swapped(side: MakeSide) -> None:
    found = evidence(side, [f"{OPENING} in Hull {CLOSING}", "Leeds"], [f"{OPENING} in Leeds {CLOSING}", "Hull"])
    assert found.swaps.anchors == 0


def test_new_text_in_a_long_gap_is_not_swapped(side: MakeSide) -> None:
    inserted = " ".join(f"Name{number}" for number in range(30))
    assert evidence(side, [f"{OPENING} {CLOSING}"], [f"{OPENING} {inserted} {CLOSING}"]).swaps.anchors == 0


def test_runs_that_overlap_are_counted_once(side: MakeSide) -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight"]
    found = evidence(side, [" ".join(words), " ".join([*words[3:], "nine", "ten"])], [" ".join([*words, "nine", "ten"])])
    assert found.unquoted_words == 10


def test_the_lead_is_the_start_of_the_body(side: MakeSide) -> None:
    rest = [f"word{number}" for number in range(100)]
    found = evidence(side, [OPENING, *rest], [*rest, OPENING])
    assert found.a.lead_share == pytest.approx(1.0)
    assert evidence(side, [OPENING, CLOSING], [OPENING]).a.lead_share == pytest.approx(15 / 29)


def test_boilerplate_reaches_some_words_beyond_a_heavy_shingle(read: Callable[..., Tokens]) -> None:
    tokens = read([" ".join(f"word{number}" for number in range(400))])
    heavy = tokens.fingerprint[:1]
    mask = boilerplate_mask(tokens, heavy)
    assert mask.sum() == 2 * BOILERPLATE_REACH + 1
    assert not boilerplate_mask(tokens, heavy[:0]).any()


WORDS = st.lists(st.sampled_from(["the", "Mayor", "of", "Hull", "40", "“left", "now”", "and", "then", "paid"]), min_size=5, max_size=40)


@settings(max_examples=60, deadline=None)
@given(WORDS, WORDS, st.integers(0, 20))
def test_the_evidence_does_not_depend_on_the_side(one: list[str], other: list[str], shared: int) -> None:
    from datetime import UTC, datetime

    from tasks.core.copies.tokens import read_tokens

    def side_of(name: str, words: list[str]) -> Side:
        tokens = read_tokens(None, [(0, " ".join(words))])
        at = datetime(2026, 5, 4, tzinfo=UTC)
        return Side(
            document=Document(version_id=name, article_id=name, outlet=None, at=at), tokens=tokens,
            is_boilerplate=np.zeros(len(tokens), np.bool_),
        )  # fmt: skip

    a, b = side_of("a", one), side_of("b", [*one[:shared], *other])
    there, back = weigh_evidence(a, b), weigh_evidence(b, a)
    assert (there.a, there.b) == (back.b, back.a)
    assert there.anchor_share == back.anchor_share
