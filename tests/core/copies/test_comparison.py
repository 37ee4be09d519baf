"""Comparison: the passages that prove a match stand where it says they stand."""

from __future__ import annotations

from collections.abc import Callable

from tasks.core.copies.alignment import align
from tasks.core.copies.comparison import Verdict, passages_of
from tasks.core.copies.evidence import RUN_WORDS
from tasks.core.copies.fingerprints import shingle_hashes
from tasks.core.copies.tokens import Tokens
from tasks.core.records import Passage

Read = Callable[..., Tokens]


def passages(read: Read, a: list[str], b: list[str], *, titles: tuple[str | None, str | None] = (None, None)) -> tuple[Passage, ...]:
    one, other = read(a, titles[0]), read(b, titles[1])
    return passages_of(one, other, align(shingle_hashes(one), shingle_hashes(other)))


def test_a_passage_is_where_it_stands_as_printed(read: Read, report: list[str]) -> None:
    a, b = report, ["Something new.", f"As reported: {report[2].upper()} – all of it."]
    (passage,) = passages(read, a, b)
    assert (passage.block_a, passage.block_b) == (2, 1)
    assert a[2][passage.from_a : passage.to_a] == report[2].rstrip(".")
    assert b[1][passage.from_b : passage.to_b] == report[2].upper().rstrip(".")


def test_passages_end_where_either_text_begins_a_new_paragraph(read: Read, report: list[str]) -> None:
    found = passages(read, report, [" ".join(report)])
    assert [passage.block_a for passage in found] == list(range(len(report)))
    assert {passage.block_b for passage in found} == {0}


def test_titles_and_short_runs_prove_nothing(read: Read) -> None:
    title = "Bridge over the Tamsin shut after divers find crack"
    assert passages(read, ["Short words about it."], ["Other words of it."], titles=(title, title)) == ()
    seven = "one two three four five six seven"
    assert len(seven.split()) < RUN_WORDS
    assert passages(read, [seven], [seven]) == ()


def test_shares_of_a_rewrite_are_of_rare_words_and_those_of_boilerplate_of_all(
    compared: Callable[..., Verdict | None], report: list[str]
) -> None:
    found = compared(report, [*report, "One more line that nobody else has."])
    assert found is not None
    assert found.relation == "identical"
    assert found.share_of_a == 1.0
    assert found.share_of_b == found.covered_b.mean()
