"""Text of others made safe to print, to open in a spreadsheet, to read back."""

from __future__ import annotations

import csv
import io
import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.render.csv_line import csv_line
from tasks.core.render.inert import defused, inert, inert_json, inert_line, shortened
from tasks.core.render.table import table_lines

BIDI = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})  # classes of UAX 9 that set a direction
MARKS = "\u061c\u200e\u200f"  # ALM, LRM, RLM
OBEYED = [
    letter
    for letter in map(chr, range(sys.maxunicode + 1))
    if (unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") and letter not in "\n\t")
    or unicodedata.bidirectional(letter) in BIDI
    or letter in MARKS
]  # what Unicode says is control, surrogate, separator of lines, or sets a direction


def test_nothing_that_unicode_calls_a_control_is_left() -> None:
    shown = inert("".join(OBEYED))
    assert set(shown) == {"\ufffd"}
    as_json = inert_json(json.dumps(OBEYED, ensure_ascii=False))
    assert json.loads(as_json) == OBEYED
    assert not set(OBEYED) & set(as_json)


@pytest.mark.parametrize("text", ["naïve café", "שלום עולם", "می\u200cخواهم", "👩\u200d🔬", "Ünïcode\u00ad-Silbe", "a\tb\nc"], ids=ascii)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert inert(text) == text


@given(st.text())
def test_a_line_is_one_line(text: str) -> None:
    assert len(inert_line(text).splitlines()) <= 1
    assert len(shortened(text, 5)) <= 5


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@a", "\t=1", "\r=1", "\n=1", " =1", "\ufeff=1", "＝1", "＠a", "\x00=1"], ids=ascii)
def test_a_formula_is_defused(text: str) -> None:
    assert defused(text) == "'" + text


@pytest.mark.parametrize("text", ["a=1", "", "1-2", "“=1”", "€-1"], ids=ascii)
def test_what_is_no_formula_stays(text: str) -> None:
    assert defused(text) == text


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=5))
def test_csv_is_read_back_as_it_was(rows: list[list[str]]) -> None:
    assert list(csv.reader(io.StringIO("".join(map(csv_line, rows)), newline=""))) == rows


def test_a_row_of_one_empty_cell_is_a_row() -> None:
    assert list(csv.reader(io.StringIO(csv_line([""])))) == [[""]]


def test_columns_stand_below_each_other_whatever_the_width_of_letters() -> None:
    lines = table_lines(("a", "b"), [("e\u0301", "x"), ("日本", "x"), ("a\u200db", "x"), ("\x1b[31m", "x")])
    assert [line.index("x") for line in lines[2:]] == [8, 5, 8, 7]
    assert table_lines(("\x1b[2Jname",), [])[0] == "\ufffd[2Jname"
