"""Edits: what kind of change made a version, how large it was, and what a reader sees of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.copies.edits import Change, changed_passages, version_change
from tasks.core.copies.tokens import Tokens
from tasks.core.records import Block

Read = Callable[..., Tokens]


def change(read: Read, before: Sequence[str], after: Sequence[str], *, titles: tuple[str, str] = ("Bridge shut", "Bridge shut")) -> Change:
    return version_change(read(before, titles[0]), read(after, titles[1]))


def blocks(paragraphs: Sequence[str], kind: str = "paragraph") -> list[Block]:
    return [Block(type=kind, text=paragraph) for paragraph in paragraphs]


def test_marks_case_and_layout_are_punctuation(read: Read, report: list[str]) -> None:
    assert change(read, report, [" – ".join(report).upper()]) == Change(edit_class="punctuation", words_added=0, words_removed=0)


def test_a_new_title_alone_is_title_only(read: Read, report: list[str]) -> None:
    found = change(read, report, report, titles=("Bridge shut", "Harrow Bridge shut for months"))
    assert found == Change(edit_class="title_only", words_added=3, words_removed=0)


def test_moved_paragraphs_are_reordered_and_no_change_of_words(read: Read, report: list[str]) -> None:
    assert change(read, report, report[::-1]) == Change(edit_class="reordered", words_added=0, words_removed=0)


def test_a_corrected_figure_is_minor(read: Read, report: list[str]) -> None:
    corrected = [paragraph.replace("23,000", "24,500") for paragraph in report]
    assert change(read, report, corrected) == Change(edit_class="minor", words_added=2, words_removed=2)


def test_a_new_paragraph_is_an_addition(read: Read, report: list[str]) -> None:
    assert change(read, report[:9], [*report[:3], report[9], *report[3:9]]) == Change(
        edit_class="addition", words_added=29, words_removed=0
    )


def test_a_paragraph_less_is_a_cut(read: Read, report: list[str]) -> None:
    assert change(read, report, [*report[:9], report[10]]) == Change(edit_class="cut", words_added=0, words_removed=29)


def test_a_paragraph_printed_twice_is_an_addition(read: Read, report: list[str]) -> None:
    assert change(read, report, [*report, report[9]]).words_added == 29


def test_paragraphs_in_the_place_of_others_are_a_revision(read: Read, report: list[str]) -> None:
    found = change(read, report[:9], [report[9], *report[1:8], report[10]])
    assert found.edit_class == "revision"
    assert found.words_added > 40
    assert found.words_removed > 40


def test_another_text_at_the_old_address_is_a_replacement(read: Read, report: list[str], other_report: list[str]) -> None:
    assert change(read, report, [*other_report, report[9]]).edit_class == "replacement"


@pytest.mark.parametrize(
    ("before", "after", "edit_class"), [(0, 11, "addition"), (11, 0, "cut"), (0, 0, "punctuation")], ids=["first", "last", "none"]
)
def test_a_text_may_be_empty(read: Read, report: list[str], before: int, after: int, edit_class: str) -> None:
    assert change(read, report[:before], report[:after]).edit_class == edit_class


PARAGRAPHS = st.lists(
    st.sampled_from(
        ["The mayor left on Monday at noon.", "She will not be back.", "It rained.", "He met the mayor at the bridge on Monday."]
    ),
    max_size=8,
)


@settings(max_examples=80, deadline=None)
@given(PARAGRAPHS, PARAGRAPHS)
def test_words_added_and_removed_add_up(before: list[str], after: list[str]) -> None:
    from tasks.core.copies.tokens import read_tokens

    one, other = (read_tokens(None, list(enumerate(texts))) for texts in (before, after))
    there, back = version_change(one, other), version_change(other, one)
    assert there.words_added - there.words_removed == len(other) - len(one)
    assert min(there.words_added, there.words_removed, back.words_added, back.words_removed) >= 0


def test_a_reader_sees_the_sentence_that_changed_before_and_after() -> None:
    before = ["The bridge was shut on Monday. Nobody was hurt. Mr. Price saw it from his shop.", "It opened in 1931."]
    after = ["The bridge was shut on Monday. Two men were hurt. Mr. Price saw it from his shop.", "It opened in 1931."]
    assert changed_passages(blocks(before), blocks(after)) == [("removed", "Nobody was hurt."), ("added", "Two men were hurt.")]


def test_new_sentences_that_stand_together_are_one_passage(report: list[str]) -> None:
    after = [*report[:2], "Trains run as usual. So do trams. Ferries do not.", *report[2:]]
    assert changed_passages(blocks(report), blocks(after)) == [("added", "Trains run as usual. So do trams. Ferries do not.")]


def test_passages_stand_in_the_order_of_the_later_version(report: list[str]) -> None:
    after = ["First of all.", *report[1:4], "In the middle.", *report[5:], "At the end."]
    assert changed_passages(blocks(report), blocks(after)) == [
        ("removed", report[0]),
        ("added", "First of all."),
        ("removed", report[4]),
        ("added", "In the middle."),
        ("added", "At the end."),
    ]


def test_moved_paragraphs_and_new_punctuation_are_nothing_to_see(report: list[str]) -> None:
    assert changed_passages(blocks(report), blocks([paragraph.replace(",", " –").upper() for paragraph in report[::-1]])) == []


def test_a_sentence_said_once_more_is_added() -> None:
    assert changed_passages(blocks(["It rained."]), blocks(["It rained.", "It rained."])) == [("added", "It rained.")]


def test_what_is_not_of_the_body_is_left_out(report: list[str]) -> None:
    assert changed_passages(blocks(report), [*blocks(report), *blocks(["A photograph of the bridge."], "caption")]) == []


def test_scripts_without_spaces_are_parted_into_sentences() -> None:
    before, after = ["橋は閉鎖された。けが人はいない。"], ["橋は閉鎖された。二人がけがをした。"]
    assert changed_passages(blocks(before), blocks(after)) == [("removed", "けが人はいない。"), ("added", "二人がけがをした。")]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("He left. She stayed.", ["He left.", "She stayed."]),
        ("“He left.” She stayed.", ["“He left.”", "She stayed."]),
        ("Mr. Eke met J. Lund in the U.S. Senate.", ["Mr. Eke met J. Lund in the U.S. Senate."]),
        ("It cost 3.5 million. Why?", ["It cost 3.5 million.", "Why?"]),
        ("It cost approx. ten pounds", ["It cost approx. ten pounds"]),
        ("Wait… What?", ["Wait…", "What?"]),
    ],
    ids=["two", "quoted", "titles and initials", "a decimal", "before a small letter", "dots"],
)
def test_sentences_are_parted_where_a_reader_would(text: str, sentences: list[str]) -> None:
    found = changed_passages([], blocks([f"{text}"]))
    assert found == [("added", text)]
    assert [changed_passages(blocks([text.replace(sentence, "", 1)]), blocks([text]))[-1] for sentence in sentences] == [
        ("added", sentence) for sentence in sentences
    ]


@settings(max_examples=50, deadline=None)
@given(PARAGRAPHS, PARAGRAPHS)
def test_every_passage_is_text_of_its_version(before: list[str], after: list[str]) -> None:
    texts = {"removed": before, "added": after}
    for side, passage in changed_passages(blocks(before), blocks(after)):
        assert any(passage in text for text in texts[side])
    assert changed_passages(blocks(before), blocks(before)) == []
