"""Kept words: pairs of words between two versions, one to one."""

from __future__ import annotations

from difflib import SequenceMatcher

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tasks.core.copies.kept_words import MAX_GAP_WORDS, common_words, kept_words


def words(text: str) -> NDArray[np.uint64]:
    return np.array([ord(letter) for letter in text], np.uint64)


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("abcdefgh", "abcdefgh", 8),
        ("abcdefgh", "", 0),
        ("", "", 0),
        ("abcdefgh", "ABCDEFGH", 0),
        ("abcdeXfghij", "abcdeYfghij", 10),
        ("abcdefghijklmn", "hijklmnabcdefg", 14),
        ("abcde", "abcdeabcde", 5),
        ("abcdeabcde", "abcde", 5),
        ("abcdefXghZijklmn", "abcdefYghQijklmn", 14),
        ("abcdeRSTUVfghij", "abcdefghij", 10),
        ("abcdefgXYhijklmno", "hijklmnoPQabcdefg", 15),
    ],
    ids=[
        "the same", "all gone", "nothing", "all new", "a word changed", "halves moved", "a text twice", "once instead of twice",
        "short pieces between changes", "words cut out", "halves moved and words changed",
    ],
)  # fmt: skip
def test_words_are_kept_wherever_they_stand(before: str, after: str, kept: int) -> None:
    assert kept_words(words(before), words(after)) == kept


def test_a_stretch_of_which_little_stays_is_new() -> None:
    assert kept_words(words("abcdePQRSTUfghij"), words("abcdeVWRXYZfghij")) == 10


def test_a_very_long_stretch_without_a_shared_run_is_new() -> None:
    before = np.arange(MAX_GAP_WORDS + 4, dtype=np.uint64)
    after = before.copy()
    after[::4] += np.uint64(10**9)
    assert kept_words(before, after) == 0
    assert kept_words(before[:4000], after[:4000]) == 3000


TEXTS = st.text(alphabet="abcdefgh", max_size=40)


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS)
def test_the_longest_common_subsequence_is_as_long_as_a_table_says(one: str, other: str) -> None:
    lengths = np.zeros((len(one) + 1, len(other) + 1), int)
    for row, letter in enumerate(one, 1):
        for column, partner in enumerate(other, 1):
            longest = max(lengths[row - 1, column], lengths[row, column - 1])
            lengths[row, column] = lengths[row - 1, column - 1] + 1 if letter == partner else longest
    assert common_words(words(one), words(other)) == lengths[-1, -1]


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS)
def test_no_word_is_kept_twice(before: str, after: str) -> None:
    kept = kept_words(words(before), words(after))
    assert 0 <= kept <= sum(min(before.count(letter), after.count(letter)) for letter in set(before))


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_a_text_keeps_all_of_itself(text: str) -> None:
    assert kept_words(words(text), words(text)) == len(text)


def test_in_prose_it_finds_no_less_than_the_usual_comparison() -> None:
    before = words("the council met on tuesday evening to vote on the plan for the old wharf and most were against")
    after = words("the council met late on tuesday to vote on a plan for the old wharf, and most there were against")
    blocks = SequenceMatcher(None, before.tolist(), after.tolist(), autojunk=False).get_matching_blocks()
    assert kept_words(before, after) >= sum(block.size for block in blocks)
