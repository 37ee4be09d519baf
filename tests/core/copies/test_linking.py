"""Linking: what arrives finds its story, whoever came first."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tasks.core.copies.linking import link_article
from tasks.core.copies.shingle_index import Document, Posting, Postings, ShingleIndex
from tasks.core.copies.tokens import Tokens

Named = Callable[..., Document]
SEEDS = Path(__file__).resolve().parents[4] / "shared" / "seeds"


def shuffled_words(seed: int, words: int = 60) -> list[str]:
    """Return a paragraph that no other seed shares."""
    chooser = random.Random(seed)
    return [" ".join(f"{chooser.choice('bcdfgl')}{chooser.randrange(10**6)}" for _ in range(words))]


def test_a_newcomer_that_nobody_resembles_founds_a_story(newsroom: Any, named: Named, report: list[str]) -> None:
    linked = newsroom.arrives(named("a"), report)
    assert linked.comparisons == ()
    assert newsroom.stories() == {frozenset({"a"})}


def test_the_postings_of_a_newcomer_are_its_fingerprint(
    newsroom: Any, named: Named, read: Callable[..., Tokens], report: list[str]
) -> None:
    linked = newsroom.arrives(named("a"), report)
    assert sorted(posting.shingle for posting in linked.postings) == read(report).fingerprint.tolist()
    assert {posting.story_id for posting in linked.postings} == {None}


def test_what_came_along_counts_for_the_story_it_came_from(newsroom: Any, named: Named, report: list[str], other_report: list[str]) -> None:
    newsroom.arrives(named("report", outlet="Post"), report)
    blog = newsroom.arrives(named("blog", outlet="Times", days=0.5), [*other_report, *report])
    counted = [posting.story_id for posting in blog.postings]
    assert 0 < counted.count("report") < len(counted)
    assert set(counted) == {"report", None}


def test_a_report_that_live_blogs_carry_is_not_boilerplate(newsroom: Any, named: Named, report: list[str]) -> None:
    newsroom.arrives(named("report", outlet="Post"), report)
    for number in range(4):
        newsroom.arrives(named(f"blog{number}", outlet=f"Blog {number}", days=0.1 * number), [*shuffled_words(number, 900), *report])
    linked = newsroom.arrives(named("copy", outlet="Times", days=1.0), report[:9])
    relations = {found.document.article_id: found.verdict.relation for found in linked.comparisons}
    assert relations["report"] == "copy"


def test_text_that_many_stories_share_joins_none_of_them(newsroom: Any, named: Named, report: list[str]) -> None:
    furniture = report[5:8]
    for number in range(6):
        newsroom.arrives(named(f"a{number}", outlet="Post", days=number), [*shuffled_words(number, 300), *furniture])
    assert len(newsroom.stories()) == 6


@pytest.mark.parametrize("order", list(permutations("abc")), ids="".join)
def test_stories_do_not_depend_on_the_order_of_arrival(newsroom: Any, named: Named, report: list[str], order: tuple[str, ...]) -> None:
    texts = {"a": report, "b": report[:6], "c": report[6:]}
    days = {"a": 0.0, "b": 0.5, "c": 1.0}
    for name in order:
        newsroom.arrives(named(name, outlet=f"The {name}", days=days[name]), texts[name])
    assert newsroom.stories() == {frozenset("abc")}


@pytest.mark.parametrize("order", [("a", "b"), ("b", "a")], ids=["in order", "late original"])
def test_b_is_the_later_one_whoever_arrived_first(newsroom: Any, named: Named, report: list[str], order: tuple[str, str]) -> None:
    texts = {"a": report, "b": report[:3]}
    for name in order:
        linked = newsroom.arrives(named(name, outlet=name, days=0.5 * (name == "b")), texts[name])
    (found,) = linked.comparisons
    assert (found.verdict.relation, found.is_later) == ("excerpt_of", order[1] == "b")


def test_a_next_version_is_not_compared_with_its_own_article(newsroom: Any, named: Named, report: list[str]) -> None:
    newsroom.arrives(named("a"), report)
    again = Document(version_id="a2", article_id="a", outlet=None, at=named("a", days=1).at)
    assert link_article(again, newsroom.tokens["a"], newsroom.index, tokens_of=newsroom.tokens.__getitem__).comparisons == ()


def test_postings_are_asked_for_once(
    named: Named, read: Callable[..., Tokens], report: list[str], stored: Callable[[Sequence[Posting]], Postings]
) -> None:
    tokens, asked = read(report), []
    index = ShingleIndex()
    index.add_document(named("a", days=-1), "a")

    def postings_of(shingles: list[int]) -> Postings:
        asked.append(shingles)
        return stored([Posting(shingle, "a", None) for shingle in shingles])

    for name in ("b", "c"):
        linked = link_article(named(name, outlet=name), tokens, index, tokens_of=lambda _: tokens, postings_of=postings_of)
        assert [(found.document.article_id, found.verdict.relation) for found in linked.comparisons] == [("a", "identical")]
    assert [sorted(shingles) for shingles in asked] == [tokens.fingerprint.tolist()]


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the five articles are not beside the checkout")
def test_of_the_five_articles_two_states_of_one_report_match_and_nothing_else(newsroom: Any, named: Named) -> None:
    merging = {}
    files = sorted(SEEDS.glob("*.txt"))
    for file in files:
        paragraphs = [line for line in file.read_text("utf-8").split("\n") if line.strip()]
        name = file.name[:3]
        for found in newsroom.arrives(named(name, is_dated=False), paragraphs).comparisons:
            if found.verdict.is_merging:
                merging[found.document.article_id, name] = (found.verdict.relation, round(found.verdict.share_of_a, 2))
    assert len(files) == 5
    assert merging == {("000", "001"): ("variant", 0.16)}
    assert len(newsroom.stories()) == 4


def test_texts_without_tokens_are_linked_to_nothing(newsroom: Any, named: Named) -> None:
    assert newsroom.arrives(named("a"), []).postings == ()
    assert newsroom.arrives(named("b"), ["…"]).comparisons == ()
