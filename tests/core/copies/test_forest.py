"""Stories as trees: best parents, whoever comes first, and ids that stay."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.copies.forest import Forest, Member

START = datetime(2026, 5, 4, tzinfo=UTC)
Link = tuple[str, str, float]  # later, earlier, share


def planted(arrivals: str, links: list[Link]) -> Forest:
    """Return a forest in which articles, a day apart by name, arrived in some order; each is linked to those before it."""
    forest = Forest()
    known: set[str] = set()
    for number, article_id in enumerate(arrivals):
        known.add(article_id)
        forest.found(article_id, at=START + timedelta(days=ord(article_id)), number=number)
        hung = [
            later
            for later, earlier, share in links
            if article_id in (later, earlier) and {later, earlier} <= known and forest.hang(later, earlier, share=share, relation="copy")
        ]
        forest.settle(hung)
    return forest


def stories(forest: Forest) -> set[str]:
    return {"".join(sorted(members)) for members in forest.stories.values()}


def test_an_article_hangs_on_the_one_that_holds_most_of_it() -> None:
    forest = planted("abc", [("c", "a", 0.5), ("c", "b", 0.8)])
    assert forest.members["c"].parent_id == "b"
    assert stories(forest) == {"a", "bc"}


def test_among_equals_the_earliest_is_the_parent() -> None:
    forest = planted("abc", [("c", "b", 0.801), ("c", "a", 0.799)])
    assert forest.members["c"].parent_id == "a"


def test_stories_do_not_chain_through_a_text_that_carries_two() -> None:
    assert stories(planted("abcd", [("c", "a", 0.5), ("c", "b", 0.4), ("d", "b", 0.9)])) == {"ac", "bd"}


def test_an_original_that_comes_late_takes_over_its_copies_and_the_id_stays() -> None:
    forest = planted("bca", [("b", "a", 0.9), ("c", "a", 0.9)])
    assert stories(forest) == {"abc"}
    assert {member.story_id for member in forest.members.values()} == {"b"}
    assert forest.aliases == {"c": "b"}


def test_what_hangs_on_an_article_moves_with_it() -> None:
    forest = planted("bdca", [("d", "b", 0.9), ("d", "c", 0.95), ("c", "a", 0.9)])
    assert stories(forest) == {"b", "acd"}


def test_no_article_hangs_below_itself() -> None:
    forest = planted("ab", [("b", "a", 0.9)])
    assert not forest.hang("a", "b", share=1.0, relation="copy")


def test_members_that_were_stored_go_on_as_they_were() -> None:
    forest = Forest()
    forest.know([
        Member(article_id="a", story_id="a", number=1, at=START),
        Member(article_id="b", story_id="a", number=2, at=START, parent_id="a", relation="copy", share=0.9),
    ])  # fmt: skip
    assert forest.changed == set()
    assert stories(forest) == {"ab"}
    assert not forest.is_alone("a")


LINKS = st.lists(
    st.tuples(st.sampled_from("abcdefg"), st.sampled_from("abcdefg"), st.sampled_from([0.3, 0.5, 0.7, 0.9])).filter(
        lambda link: link[0] > link[1]
    ),
    max_size=14,
    unique_by=lambda link: link[:2],
)


@settings(max_examples=80, deadline=None)
@given(LINKS, st.integers(0, 1000))
def test_stories_do_not_depend_on_who_came_first(links: list[Link], seed: int) -> None:
    arrivals = "".join(random.Random(seed).sample("abcdefg", 7))
    assert stories(planted(arrivals, links)) == stories(planted("abcdefg", links))


@settings(max_examples=80, deadline=None)
@given(LINKS, st.integers(0, 1000))
def test_every_article_is_in_one_story_that_bears_the_id_of_one_of_its_own(links: list[Link], seed: int) -> None:
    forest = planted("".join(random.Random(seed).sample("abcdefg", 7)), links)
    assert sorted("".join(stories(forest))) == sorted("abcdefg")
    for story_id, members in forest.stories.items():
        assert story_id in members
        assert {forest.members[article_id].story_id for article_id in members} == {story_id}
    for old, new in forest.aliases.items():
        assert new is None or old not in forest.stories


@pytest.mark.parametrize("arrivals", ["ab", "ba"], ids=["in order", "the original late"])
def test_the_first_to_arrive_gives_its_id(arrivals: str) -> None:
    forest = planted(arrivals, [("b", "a", 0.9)])
    assert set(forest.stories) == {arrivals[0]}
