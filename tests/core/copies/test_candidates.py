"""Candidates: what shares enough rare shingles, within the window and spread over stories."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from tasks.core.copies.candidates import MAX_CANDIDATES, MAX_PER_STORY, best_candidates, shingle_weights
from tasks.core.copies.shingle_index import POSTINGS_PER_SHINGLE, WINDOW_DAYS, Document, Posting, Postings, ShingleIndex

Named = Callable[..., Document]


class Shelf:
    """An index that is filled by naming who holds what."""

    def __init__(self, named: Named) -> None:
        self.index = ShingleIndex()
        self.named = named

    def put(self, name: str, shingles: Sequence[int], *, story: str | None = None, counted: str | None = None, **known: object) -> None:
        document = self.named(name, **known)
        self.index.add(document, story or name, [Posting(shingle, name, counted) for shingle in shingles])

    def weights(self, shingles: Sequence[int], outlet: str | None = None) -> list[float]:
        return shingle_weights(self.index.holders(shingles, self.named("x").at), outlet=outlet).tolist()

    def found(self, shingles: Sequence[int], *, days: float = 0.0, article: str = "new") -> list[str]:
        at = self.named("x", days=days).at
        holders = self.index.holders(shingles, at)
        weights = shingle_weights(self.index.holders_then(shingles, at), outlet=None)
        return [version.document.version_id for version in best_candidates(holders, weights, article_id=article, at=at)]


@pytest.fixture
def shelf(named: Named) -> Shelf:
    return Shelf(named)


def test_a_shingle_weighs_less_the_more_stories_hold_it(shelf: Shelf) -> None:
    for name in ("a", "b", "c", "d"):
        shelf.put(name, [1])
    shelf.put("e", [2])
    assert shelf.weights([1, 2, 3]) == [0.25, 1.0, 1.0]


def test_copies_of_one_story_count_once(shelf: Shelf) -> None:
    for name in ("a", "b", "c"):
        shelf.put(name, [1], story="a")
    assert shelf.weights([1]) == [1.0]


def test_what_came_along_with_a_text_counts_for_its_story(shelf: Shelf) -> None:
    shelf.put("report", [1])
    shelf.put("blog", [1], counted="report")
    assert shelf.weights([1]) == [1.0]


def test_what_an_outlet_used_in_two_stories_weighs_nothing_for_it(shelf: Shelf) -> None:
    shelf.put("a", [1], outlet="Post")
    shelf.put("b", [1], outlet="Post")
    shelf.put("c", [2], outlet="Post")
    shelf.put("d", [2], outlet="Times")
    assert shelf.weights([1, 2], outlet="Post") == [0.0, 0.5]
    assert shelf.weights([1], outlet="Times") == [0.5]


def test_a_story_that_moved_counts_as_the_one_it_went_into(shelf: Shelf) -> None:
    shelf.put("a", [1])
    shelf.put("b", [1])
    assert shelf.weights([1]) == [0.5]
    shelf.index.move_article("b", "a")
    assert shelf.weights([1]) == [1.0]


def test_two_shared_shingles_make_a_candidate_and_one_does_not(shelf: Shelf) -> None:
    shelf.put("a", [1, 2, 3])
    shelf.put("b", [3, 4])
    assert shelf.found([1, 2, 3]) == ["a"]


def test_shingles_that_many_stories_hold_find_nothing(shelf: Shelf) -> None:
    for number in range(5):
        shelf.put(f"a{number}", [1, 2, 3, 4])
    assert shelf.found([1, 2, 3, 4]) == []


def test_the_heaviest_comes_first_and_the_earlier_of_equals(shelf: Shelf) -> None:
    shelf.put("late", [1, 2], days=-1)
    shelf.put("early", [5, 6], days=-2)
    shelf.put("much", [7, 8, 9])
    assert shelf.found([1, 2, 5, 6, 7, 8, 9]) == ["much", "early", "late"]


def test_an_article_is_no_candidate_of_its_own_next_version(shelf: Shelf) -> None:
    shelf.put("a", [1, 2])
    assert shelf.found([1, 2], article="a") == []


@pytest.mark.parametrize(("days", "expected"), [(WINDOW_DAYS - 0.1, ["a"]), (WINDOW_DAYS + 0.1, [])], ids=["within", "beyond"])
@pytest.mark.parametrize("sign", [1, -1], ids=["before", "after"])
def test_the_window_reaches_both_ways(shelf: Shelf, days: float, expected: list[str], sign: int) -> None:
    shelf.put("a", [1, 2])
    assert shelf.found([1, 2], days=sign * days) == expected


def test_few_of_one_story_are_asked_and_always_the_earliest(shelf: Shelf) -> None:
    for number in range(8):
        shelf.put(f"a{number}", [1, 2, *range(10, 10 + number)], story="a0", days=-0.1 * (8 - number))
    found = shelf.found(range(30))
    assert found == ["a7", "a6", "a0"]
    assert len(found) == MAX_PER_STORY


def test_candidates_are_limited(shelf: Shelf) -> None:
    shingles = []
    for number in range(2 * MAX_CANDIDATES):
        shingles += [2 * number, 2 * number + 1]
        shelf.put(f"a{number:02}", shingles[-2:])
    assert len(shelf.found(shingles)) == MAX_CANDIDATES


def test_later_texts_are_asked_beside_the_earlier_ones(shelf: Shelf) -> None:
    shelf.put("copy", [1, 2, 3], days=2)
    shelf.put("source", [1, 2, 3], days=-2)
    assert sorted(shelf.found([1, 2, 3])) == ["copy", "source"]


def test_later_texts_are_found_by_what_is_rare_among_all(shelf: Shelf) -> None:
    for number in range(5):
        shelf.put(f"page{number}", [1, 2, 3, 4], days=1 + number)
    shelf.put("copy", [1, 2, 3, 4, 5, 6], days=2)
    assert shelf.found([1, 2, 3, 4, 5, 6]) == ["copy"]


def test_only_the_last_holders_of_a_shingle_are_kept(shelf: Shelf) -> None:
    for number in range(POSTINGS_PER_SHINGLE + 3):
        shelf.put(f"a{number:02}", [1])
    held = shelf.index.holders([1], shelf.named("x").at)[0]
    assert [holder.version.document.version_id for holder in (held[0], held[-1])] == ["a03", "a66"]


def test_who_came_later_did_not_hold_a_shingle_then(shelf: Shelf) -> None:
    shelf.put("early", [1], days=-1)
    shelf.put("late", [1], days=1)
    at = shelf.named("x").at
    (held,) = shelf.index.holders_then([1], at)
    assert [holder.version.document.version_id for holder in held] == ["early"]


def test_an_index_that_was_loaded_answers_like_the_one_that_was_filled(
    named: Named, stored: Callable[[Sequence[Posting]], Postings]
) -> None:
    documents = [named(name, outlet="Post", days=day) for day, name in enumerate(("a", "b", "c"))]
    postings = [Posting(1, "a", None), Posting(2, "a", None), Posting(1, "b", "a"), Posting(2, "c", None)]
    filled, loaded = ShingleIndex(), ShingleIndex()
    for document in documents:
        filled.add(document, document.article_id, [posting for posting in postings if posting.version_id == document.version_id])
        loaded.add_document(document, document.article_id)
    assert loaded.lacks([1, 2, 3]) == [1, 2, 3]
    loaded.load([1, 2, 3], stored(postings))
    assert loaded.lacks([1, 2, 3]) == []
    at = documents[0].at + timedelta(days=3)
    for index in (filled, loaded):
        held = index.holders([1, 2, 3], at)
        assert [[holder.story_id for holder in holders] for holders in held] == [["a", "a"], ["a", "c"], []]


def test_a_version_that_is_known_keeps_its_place(shelf: Shelf, named: Named) -> None:
    shelf.put("a", [1])
    shelf.index.add_document(named("a"), "elsewhere")
    assert shelf.index.holder_of["a"].story_id == "a"
