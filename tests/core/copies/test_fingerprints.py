"""Fingerprints: a fixed sample of five-word shingles, equal for texts that read the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.copies.fingerprints import SAMPLE_RATE, SHINGLE_WORDS, sampled_places
from tasks.core.copies.tokens import read_tokens

WORDS = ("mayor", "left", "the", "old", "town", "hall", "on", "7", "May")
LONG = " ".join(f"word{number}" for number in range(4000))


@pytest.mark.parametrize("words", range(7), ids=lambda words: f"{words} words")
def test_there_is_a_shingle_for_each_five_words_in_a_row(words: int) -> None:
    tokens = read_tokens(None, [(0, " ".join("abcdefg"[:words]))])
    assert len(tokens.shingles) == max(0, words - SHINGLE_WORDS + 1)


def test_a_shingle_depends_on_the_order_of_its_words() -> None:
    one, other = (read_tokens(None, [(0, text)]).shingles[0] for text in ("a b c d e", "b a c d e"))
    assert one != other


def test_about_one_shingle_in_eight_is_kept() -> None:
    tokens = read_tokens(None, [(0, LONG)])
    kept = len(tokens.fingerprint) / len(tokens.shingles)
    assert kept == pytest.approx(1 / SAMPLE_RATE, rel=0.15)


def test_a_fingerprint_is_sorted_and_holds_a_shingle_once() -> None:
    sample = read_tokens(None, [(0, f"{LONG} {LONG}")]).fingerprint
    assert (sample[1:] > sample[:-1]).all()


def test_the_places_are_those_of_the_sample() -> None:
    shingles = read_tokens(None, [(0, LONG)]).shingles
    assert np.array_equal(np.unique(shingles[sampled_places(shingles)]), read_tokens(None, [(0, LONG)]).fingerprint)


def test_what_two_texts_share_is_sampled_alike() -> None:
    start, end = (read_tokens(None, [(0, text)]).fingerprint for text in (LONG[: len(LONG) // 2], LONG))
    assert np.isin(start[:-1], end).all()


def test_hashes_stay_what_stored_indexes_hold() -> None:
    tokens = read_tokens(None, [(0, "The mayor of Zürich left on 7 May")])
    assert [f"{shingle:016x}" for shingle in tokens.shingles.tolist()] == [
        "2e6ed616ba467b2a", "d583122d9d81ffcb", "f88bdcd2549a27df", "21992973e03c93d0",
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from(["mayor", "left", "the", "old", "town", "hall", "on", "7", "May"]), min_size=5, max_size=60),
    st.sampled_from([", ", ". ", "\u00a0— "]),
)
def test_punctuation_and_case_leave_the_fingerprint_as_it_is(words: list[str], joint: str) -> None:
    plain, printed = read_tokens(None, [(0, " ".join(words))]), read_tokens(None, [(0, joint.join(words).title())])
    assert plain.fingerprint.tolist() == printed.fingerprint.tolist()
