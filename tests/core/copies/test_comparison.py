"""Comparison: the passages that prove a match stand where it says they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from tasks.core.copies.alignment import align
from tasks.core.copies.comparison import Verdict, Weighing, passages_of
from tasks.core.copies.evidence import RUN_WORDS, Evidence, Side, weigh_evidence
from tasks.core.copies.shingle_index import Document
from tasks.core.copies.tokens import Tokens
from tasks.core.records import Passage

Read = Callable[..., Tokens]


def passages(read: Read, a: list[str], b: list[str], *, titles: tuple[str | None, str | None] = (None, None)) -> tuple[Passage, ...]:
    one, other = read(a, titles[0]), read(b, titles[1])
    return passages_of(one, other, align(one.shingles, other.shingles))


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


def evidence_of(weighing: Weighing, a: Side, b: Side) -> Evidence:
    return weighing.pair(a, b).evidence_on(a.document, b.document)


def test_words_of_equal_texts_are_weighed_once_and_their_documents_each(
    side: Callable[..., Side], named: Callable[..., Document], report: list[str]
) -> None:
    newcomer, first = side(report, "b", outlet="Times", days=1.0), side(report[:1], "a", outlet="Post")
    twin = replace(first, document=named("c", outlet="Times", days=-3.0))
    weighing = Weighing()
    known, found, alone = evidence_of(weighing, first, newcomer), evidence_of(weighing, twin, newcomer), weigh_evidence(twin, newcomer)
    assert found.alignment is known.alignment
    assert weighing.pair(first, newcomer).passages is weighing.pair(twin, newcomer).passages
    assert (found.distance, found.is_ordered, found.is_same_outlet) == (alone.distance, alone.is_ordered, alone.is_same_outlet)
    assert (known.is_same_outlet, found.is_same_outlet, known.distance == found.distance) == (False, True, False)


def test_equal_texts_of_which_one_is_boilerplate_are_two(side: Callable[..., Side], report: list[str]) -> None:
    newcomer, first = side(report, "b"), side(report[:1], "a")
    twin = replace(first, is_boilerplate=np.ones(len(first.tokens), np.bool_))
    weighing = Weighing()
    assert (evidence_of(weighing, first, newcomer).a.own_words, evidence_of(weighing, twin, newcomer).a.own_words) == (len(first.tokens), 0)
