"""Reports written for these tests, and short ways to compare them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tasks.core.copies.comparison import Verdict, Weighing, compare
from tasks.core.copies.evidence import Side
from tasks.core.copies.forest import Forest, hang_pair
from tasks.core.copies.linking import Linked, link_article
from tasks.core.copies.shingle_index import Document, Posting, Postings, ShingleIndex
from tasks.core.copies.tokens import Tokens, read_tokens

START = datetime(2026, 5, 4, 8, tzinfo=UTC)

Paragraphs = Sequence[str]


def tokens_of(paragraphs: Paragraphs, title: str | None = None) -> Tokens:
    return read_tokens(title, list(enumerate(paragraphs)))


def document(name: str, *, outlet: str | None = None, days: float = 0.0, is_dated: bool = True) -> Document:
    return Document(version_id=name, article_id=name, outlet=outlet, at=START + timedelta(days=days), is_dated=is_dated)


class Newsroom:
    """An engine without a warehouse: what arrives is compared, put into its story and entered, in the order of arrival."""

    def __init__(self) -> None:
        self.index = ShingleIndex()
        self.forest = Forest()
        self.tokens: dict[str, Tokens] = {}

    def arrives(self, newcomer: Document, paragraphs: Paragraphs, title: str | None = None) -> Linked:
        tokens = self.tokens[newcomer.version_id] = tokens_of(paragraphs, title)
        linked = link_article(newcomer, tokens, self.index, tokens_of=self.tokens.__getitem__)
        self.forest.found(newcomer.article_id, at=newcomer.at, number=len(self.tokens))
        for found in linked.comparisons:
            hang_pair(self.forest, newcomer, found, is_new=True)
        for article_id, story_id in self.forest.settle(self.forest.members).items():
            self.index.move_article(article_id, story_id)
        self.index.add(newcomer, self.forest.members[newcomer.article_id].story_id, linked.postings)
        return linked

    def stories(self) -> set[frozenset[str]]:
        return {frozenset(members) for members in self.forest.stories.values()}


@pytest.fixture
def stored() -> Callable[[Sequence[Posting]], Postings]:
    """Return postings as a warehouse gives them."""

    def columns(postings: Sequence[Posting]) -> Postings:
        holders = list(dict.fromkeys((posting.version_id, posting.story_id) for posting in postings))
        return Postings(
            shingles=np.array([posting.shingle for posting in postings], np.uint64),
            holders=np.array([holders.index((posting.version_id, posting.story_id)) for posting in postings], np.int32),
            version_ids=[version_id for version_id, _ in holders],
            story_ids=[story_id for _, story_id in holders],
        )

    return columns


@pytest.fixture
def newsroom() -> Newsroom:
    return Newsroom()


@pytest.fixture
def named() -> Callable[..., Document]:
    return document


@pytest.fixture
def read() -> Callable[..., Tokens]:
    return tokens_of


@pytest.fixture
def side() -> Callable[..., Side]:
    def make(paragraphs: Paragraphs, name: str = "a", *, boilerplate: Sequence[int] = (), **known: Any) -> Side:
        """Return one side of a pair; `boilerplate`: numbers of paragraphs."""
        tokens = tokens_of(paragraphs)
        mask = np.isin(tokens.blocks, list(boilerplate))
        return Side(document=document(name, **known), tokens=tokens, is_boilerplate=mask)

    return make


@pytest.fixture
def compared(side: Callable[..., Side]) -> Callable[..., Verdict | None]:
    """Return the verdict on two texts, the second a few hours later at another outlet."""

    def verdict(
        a: Paragraphs, b: Paragraphs, *, days: float = 0.2, outlets: tuple[str, str] = ("Post", "Times"), **known: bool
    ) -> Verdict | None:
        one = side(a, "a", outlet=outlets[0], **known)
        other = side(b, "b", outlet=outlets[1], days=days, **known)
        return compare(one, other, Weighing())

    return verdict


@pytest.fixture
def report() -> list[str]:
    """Return a report of eleven paragraphs about a bridge."""
    return [
        "The Harrow Bridge over the Tamsin was shut to all traffic on Monday after divers found a crack as long as a bus in its "
        "northern pier, the county council said.",
        "Some 23,000 vehicles cross the bridge on a working day, and the detour through Little Marlow adds about forty minutes to the "
        "drive between the two halves of the town.",
        "Engineers hired by the council had been looking at the foundations since a barge loaded with gravel struck the pier in "
        "February, but murky water kept them from seeing more than the top two metres until last week.",
        "“We could not have kept it open for another hour with a clear conscience,” said Ruth Amadi, who leads the council’s roads "
        "department. “Nobody wants to explain to a family why we waited.”",
        "Ms Amadi said that repairs would take until October at the earliest and cost between 4 and 6 million pounds, most of which "
        "the insurer of the barge is expected to pay.",
        "A temporary ferry for people on foot is to start on Wednesday from the old coal wharf, with a boat every twenty minutes "
        "between six in the morning and eleven at night.",
        "Shopkeepers on the southern bank fear the worst. Takings fell by a third when the bridge was closed for painting five years "
        "ago, according to the traders’ association, and two bakeries never opened again.",
        "“Painting took nine days,” said Colm Price, whose hardware shop looks out on the empty ramp. “This is a whole summer.”",
        "The hospital in Easter Hill, north of the river, has moved two ambulances to the southern side so that emergency crews will "
        "not have to take the detour.",
        "Schools will start half an hour later for the rest of the term, and pupils who live across the river may follow lessons from "
        "home on Tuesday and Wednesday.",
        "The bridge, a steel arch from 1931, carried a tram line until 1958 and was last strengthened in 1987, when the parapets were "
        "replaced and the deck was widened by a cycle lane on each side.",
    ]


@pytest.fixture
def other_report() -> list[str]:
    """Return a report that has nothing in common with the first."""
    return [
        "A beekeeper from Orlen has won the national prize for the finest heather honey for the third year in a row, beating more than "
        "four hundred entries at the autumn fair.",
        "Judges praised the deep amber colour and a taste that one of them compared with burnt sugar and pine. The jars were marked "
        "with numbers only, so that nobody knew whose honey was whose.",
        "Marta Szulc keeps sixty hives on the edge of the moor, where the heather flowers for barely five weeks. She drives them there "
        "at night, when the bees are asleep, in a lorry that used to carry milk.",
        "The prize money will buy a new extractor, she said, and perhaps a holiday, the first in a decade, though who would look after "
        "the hives she could not tell.",
        "Honey imports have halved the price that growers get since 2015, the beekeepers’ union says, and one in seven of its members "
        "gave up last winter alone.",
    ]
