"""Rewording: rare words that keep their company."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.core.copies.evidence import Side
from tasks.core.copies.rewording import rewording

MakeSide = Callable[..., Side]

BEFORE = "Divers found a deep crack in the northern pier so the council closed the bridge to lorries and buses before dusk"
AFTER = "A deep crack was found by divers in its northern pier; the council then closed this bridge for lorries, buses before dusk"


def test_the_same_text_is_reworded_by_all_of_itself(side: MakeSide) -> None:
    found = rewording(side([BEFORE]), side([BEFORE]), at_least=0.2)
    assert (found.share_of_a, found.share_of_b, found.unquoted_share) == (1.0, 1.0, 1.0)


def test_other_words_around_the_same_rare_ones_are_a_rewording(side: MakeSide) -> None:
    found = rewording(side([BEFORE]), side([AFTER]), at_least=0.2)
    assert min(found.share_of_a, found.share_of_b) > 0.5


def test_the_same_words_in_any_order_are_none(side: MakeSide) -> None:
    words = BEFORE.split()
    mixed = " ".join(words[place * 7 % len(words)] for place in range(len(words)))
    assert rewording(side([BEFORE]), side([mixed]), at_least=0.0).share_of_b == 0.0


def test_quoted_words_are_left_out_of_the_unquoted_share(side: MakeSide) -> None:
    quoted = f"“{BEFORE}”"
    found = rewording(side([quoted]), side([quoted]), at_least=0.2)
    assert found.share_of_a > 0.9
    assert found.unquoted_share == 0.0


def test_boilerplate_is_left_out(side: MakeSide) -> None:
    found = rewording(side([BEFORE], boilerplate=[0]), side([AFTER]), at_least=0.0)
    assert (found.share_of_a, found.share_of_b) == (0.0, 0.0)


@pytest.mark.parametrize("at_least", [0.0, 0.9], ids=["asked for any", "asked for much"])
def test_what_cannot_reach_the_share_asked_for_is_not_worked_out(side: MakeSide, at_least: float) -> None:
    long = " ".join([BEFORE, *(f"word{number}" for number in range(60))])
    found = rewording(side([BEFORE]), side([long]), at_least=at_least)
    assert (found.share_of_a > 0) is (at_least == 0.0)
