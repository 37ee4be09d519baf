"""The body as pieces: order, lists, tables, and the marks that tell where they stood."""

from __future__ import annotations

import pytest
from lxml.etree import fromstring

from tasks.core.pages.body import Piece, body_pieces, pieces_in
from tasks.core.pages.tree import bared, is_within_limits, lightened, mark_blocks, nesting, parsed_tree

STORY = "".join(f"<p>Paragraph {number} of the report on the crane that fell in the harbour of Quayport.</p>" for number in range(6))


def test_nested_lists_give_each_item_once_and_in_order() -> None:
    body = fromstring("<body><list><item>Ships<list><item>Tugs</item><item>Ferries</item></list></item><item>Trains</item></list></body>")
    assert [piece.text for piece in pieces_in(body)[0]] == ["Ships", "Tugs", "Ferries", "Trains"]


def test_tables_keep_their_rows() -> None:
    body = fromstring(
        "<body><table><row><cell>Ship</cell><cell>Hours</cell></row><row><cell>Ida</cell><cell>12</cell></row></table></body>"
    )
    assert pieces_in(body)[0] == [Piece(type="table", text="Ship | Hours\nIda | 12")]


def test_a_line_break_parts_lines_and_leaves_no_blank_one() -> None:
    body = fromstring("<body><p>One<lb/><lb/>two</p></body>")
    assert [piece.text for piece in pieces_in(body)[0]] == ["One\ntwo"]


def test_marks_tell_the_element_of_each_piece_and_leave_no_trace() -> None:
    tree = parsed_tree(f"<html><body><nav><p>Menu of the page</p></nav><article>{STORY}</article></body></html>")
    assert tree is not None
    marked = mark_blocks(tree)
    pieces, kept = body_pieces(tree)
    assert [piece.text for piece in pieces] == ["".join(marked[piece.place or 0].itertext())[1:] for piece in pieces]
    assert kept == frozenset(piece.place for piece in pieces)


def test_bold_openings_are_marked_too() -> None:
    tree = parsed_tree("<html><body><p><b><i>Quayport</i></b> is closed</p></body></html>")
    assert tree is not None
    (element,) = mark_blocks(tree)
    assert element.tag == "p"


def test_limits_are_seen_before_the_full_reading() -> None:
    flat, deep = parsed_tree("<html><body>" + "<p>x</p>" * 30_001), parsed_tree("<html><body>" + "<div>" * 400 + "x")
    small = parsed_tree(f"<html><body>{STORY}")
    assert flat is not None
    assert deep is not None
    assert small is not None
    assert [is_within_limits(tree) for tree in (flat, deep, small)] == [False, False, True]


def test_inline_elements_without_end_are_seen_before_the_full_reading() -> None:
    run, parted = parsed_tree("<p>" + "<b>x</b> y " * 2_100 + "</p>"), parsed_tree("<p>" + "<b>x</b> y </p><p>" * 2_100 + "</p>")
    assert run is not None
    assert parted is not None
    assert [is_within_limits(tree) for tree in (run, parted)] == [False, True]


CROWDED = "<p " + " ".join(f"a{number}=1" for number in range(1_200)) + ">words</p>"
TAGS = {
    "more attributes than any page has": (CROWDED, "<p>words</p>"),
    "a long value": (f"<p title='{'a b ' * 2_000}'>words</p>", None),
    "a long value that holds the end of a tag": (f'<p data-a="{"a > b " * 2_000}">words</p>', None),
    "a long value that does not end": (f'<p data-a="{"a b " * 2_000}>words</p>', None),
    "a script": (f"<script>if (a<b) {'c d e ' * 2_000}</script>", None),
    "prose": (f"<p>{'word ' * 4_000}</p>", None),
}


@pytest.mark.parametrize(("source", "wanted"), TAGS.values(), ids=TAGS)
def test_only_tags_crowded_with_attributes_lose_them(source: str, wanted: str | None) -> None:
    assert bared(source) == (wanted or source)


def test_nesting_is_counted_whatever_a_parser_cuts_off() -> None:
    assert nesting("<div>" * 5_000 + "x") == (5_000, 5_000 * 5_001 // 2)
    assert nesting("<p>a<p>b<br><div></div><div></div>") == (1, 2)


def test_a_page_is_lightened_of_all_but_text_and_json_ld() -> None:
    html = '<style>a{}</style><script>x()</script><script type="application/ld+json">{"a":1}</script><svg><path/></svg><p>text</p>'
    assert [part in lightened(html) for part in ("a{}", "x()", '{"a":1}', "path", "text")] == [False, False, True, False, True]
