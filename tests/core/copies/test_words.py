"""Words: where they begin and end, whatever the script."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.copies.words import code_points, word_spans


def words_of(text: str) -> list[str]:
    starts, ends = word_spans(code_points(text))
    return [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("... – !", []),
        ("The mayor left.", ["The", "mayor", "left"]),
        ("It’s O'Neill's", ["It’s", "O'Neill's"]),
        ("the officers' mess", ["the", "officers", "mess"]),
        ("'quoted' ''twice''", ["quoted", "twice"]),
        ("rock 'n' roll", ["rock", "n", "roll"]),
        ("a''b", ["a''b"]),
        ("co\u00adopera\u200btion", ["co\u00adopera\u200btion"]),
        ("half-time 3.5%", ["half", "time", "3", "5"]),
        ("snake_case", ["snake", "case"]),
        ("Zürich Śląsk Привет", ["Zürich", "Śląsk", "Привет"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("e\u0301tat", ["e\u0301tat"]),
        ("市長は7日", ["市", "長", "は", "7", "日"]),
        ("วันนี้", list("วันนี้")),
        ("in 東京 today", ["in", "東", "京", "today"]),
        ("𠀋 𝒜b", ["𠀋", "𝒜b"]),
    ],
    ids=[
        "empty", "marks only", "sentence", "inner apostrophes", "closing apostrophe", "quoted", "apostrophes around a letter",
        "two in a row", "soft hyphen and zero width", "hyphen and point", "underscore", "letters beyond ASCII", "combining vowels",
        "combining accent", "Japanese", "Thai", "mixed scripts", "beyond the basic plane",
    ],
)  # fmt: skip
def test_words_are_found(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_words_are_in_order_apart_and_hold_a_letter_or_digit(text: str) -> None:
    starts, ends = word_spans(code_points(text))
    assert (starts < ends).all()
    assert (ends[:-1] <= starts[1:]).all()
    found = "".join(words_of(text))
    assert [letter for letter in found if letter.isalnum()] == [letter for letter in text if letter.isalnum()]
