"""Alignment: the runs that two texts share, and the words under them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.copies.alignment import Alignment, align, widened, widened_in_blocks
from tasks.core.copies.fingerprints import SHINGLE_WORDS, shingles_of


def aligned(a: str, b: str) -> Alignment:
    """Align two texts whose words are letters."""
    return align(*(shingles_of(np.array([ord(letter) for letter in text], np.uint64)) for text in (a, b)))


def marked(mask: np.ndarray) -> str:
    return "".join("x" if held else "." for held in mask)


@pytest.mark.parametrize(
    ("a", "b", "runs", "covered_a", "covered_b"),
    [
        ("abcdefgh", "abcdefgh", [[0, 0, 8]], "xxxxxxxx", "xxxxxxxx"),
        ("abcdefgh", "ABCDEFGH", [], "........", "........"),
        ("abcdXefghi", "abcdYefghi", [[5, 5, 5]], ".....xxxxx", ".....xxxxx"),
        ("abcdefghijkl", "ghijklabcdef", [[6, 0, 6], [0, 6, 6]], "xxxxxxxxxxxx", "xxxxxxxxxxxx"),
        ("abcde", "abcdeXabcde", [[0, 0, 5], [0, 6, 5]], "xxxxx", "xxxxx.xxxxx"),
        ("abcdeXabcde", "abcde", [[0, 0, 5]], "xxxxx.xxxxx", "xxxxx"),
        ("abcdeXabcdeZ", "QabcdeZ", [[0, 1, 5], [7, 2, 5]], "xxxxx.xxxxxx", ".xxxxxx"),
        ("abcd", "abcdefgh", [], "", "........"),
    ],
    ids=[
        "the same", "nothing shared", "a word changed", "paragraphs moved", "twice in b", "twice in a", "carried on where it goes on",
        "shorter than a shingle",
    ],
)  # fmt: skip
def test_runs_and_covered_words(a: str, b: str, runs: list[list[int]], covered_a: str, covered_b: str) -> None:
    found = aligned(a, b)
    assert found.runs.tolist() == runs
    assert (marked(found.covered_a), marked(found.covered_b)) == (covered_a, covered_b)


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="abc", min_size=5, max_size=40), st.text(alphabet="abc", min_size=5, max_size=40))
def test_what_is_covered_does_not_depend_on_the_side(a: str, b: str) -> None:
    one, other = aligned(a, b), aligned(b, a)
    assert marked(one.covered_a) == marked(other.covered_b)
    assert marked(one.covered_b) == marked(other.covered_a)


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="abcd", min_size=5, max_size=40), st.text(alphabet="abcd", min_size=5, max_size=40))
def test_every_run_reads_the_same_in_both_texts_and_covers_all_of_b(a: str, b: str) -> None:
    found = aligned(a, b)
    held = np.zeros(len(b), np.bool_)
    for from_a, from_b, words in found.runs.tolist():
        assert words >= SHINGLE_WORDS
        assert a[from_a : from_a + words] == b[from_b : from_b + words]
        held[from_b : from_b + words] = True
    assert marked(held) == marked(found.covered_b)


@pytest.mark.parametrize(
    ("mask", "words", "expected"),
    [
        ("....x.....", 2, "..xxxxx..."),
        ("x........x", 1, "xx......xx"),
        ("..........", 3, ".........."),
        ("xxxxxxxxxx", 3, "xxxxxxxxxx"),
        ("", 2, ""),
    ],
    ids=["both ways", "at the edges", "nothing", "everything", "no words"],
)
def test_a_mask_is_widened(mask: str, words: int, expected: str) -> None:
    assert marked(widened(np.array([letter == "x" for letter in mask], np.bool_), words)) == expected


def test_a_mask_is_widened_no_further_than_its_block() -> None:
    mask = np.array([letter == "x" for letter in "...x......x..."])
    blocks = np.array([0] * 4 + [1] * 5 + [4] * 5, np.int32)
    assert marked(widened_in_blocks(mask, 3, blocks)) == "xxxx.....xxxxx"
