"""Quotations: what stands between double marks, paragraph by paragraph."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.copies.quotations import quoted_stretches


def quoted(text: str) -> list[str]:
    return [text[start:end] for start, end in quoted_stretches(text)]


@pytest.mark.parametrize(
    ("text", "stretches"),
    [
        ("He left.", []),
        ("“Go,” he said. “Now.”", ["“Go,", "“Now."]),
        ('"Go," he said. "Now."', ['"Go,', '"Now.']),
        ("„Los“, sagte er.", ["„Los"]),
        ("« Allez », dit-il.", ["« Allez "]),
        ("»Los«, sagte er. »Jetzt!«", ["»Los", "»Jetzt!"]),
        ("”Gå”, sade han.", ["”Gå"]),
        ("Il parle de «guerre» et de « paix ».", ["«guerre", "« paix "]),
        ("「行こう」と言った", ["「行こう"]),
        ("“Go on\nHe left.", ["“Go on"]),
        ("“One.\n“Two,” he said.", ["“One.", "“Two,"]),
        ("He said “and so", ["“and so"]),
        ('a 6" pipe and a 4" pipe', []),
        ('("Go") he said', ['"Go']),
        ("“He said ‘no’ twice,” she said", ["“He said ‘no’ twice,"]),
        ("” he said", []),
    ],
    ids=[
        "none", "curly", "straight", "German", "French", "reversed guillemets", "Swedish", "guillemets in a sentence", "Japanese", "open to the end of its paragraph",
        "a speech that goes on", "open to the end", "inches", "after a bracket", "single marks inside", "closing only",
    ],
)  # fmt: skip
def test_quoted_stretches_are_found(text: str, stretches: list[str]) -> None:
    assert quoted(text) == stretches


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet='ab “”"„«»\n', max_size=40))
def test_stretches_are_in_order_and_never_cross_a_paragraph(text: str) -> None:
    stretches = quoted_stretches(text)
    flat = [place for stretch in stretches for place in stretch]
    assert flat == sorted(flat)
    assert all("\n" not in text[start:end] for start, end in stretches)
