"""Tokens: the same words have the same hashes, and each knows where it stands as printed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.copies.tokens import LEAD_WORDS, TITLE_BLOCK, Tokens, read_tokens


def printed(tokens: Tokens, title: str, paragraphs: list[tuple[int, str]]) -> list[str]:
    texts = {TITLE_BLOCK: title, **dict(paragraphs)}
    places = zip(tokens.blocks.tolist(), tokens.starts.tolist(), tokens.ends.tolist(), strict=True)
    return [texts[block][start:end] for block, start, end in places]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Mayor LEFT, at last!", "the mayor left at last"),
        ("It’s O’Neill’s", "It's O'Neill's"),
        ("its O`Neill`s", "it’s O´Neill´s"),
        ("co\u00adoperation", "cooperation"),
        ("zero\u200bwidth", "zerowidth"),
        ("ﬁnal ｈａｌｆ", "final half"),
        ("cafe\u0301", "café"),
        ("STRASSE Ångström", "strasse ångström"),
    ],
    ids=["case and marks", "curly apostrophes", "backticks", "soft hyphen", "zero width", "compatibility forms", "composed", "capitals"],
)
def test_words_that_read_the_same_have_the_same_hash(one: str, other: str) -> None:
    assert read_tokens(None, [(0, one)]).hashes.tolist() == read_tokens(None, [(0, other)]).hashes.tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [("7", "8"), ("resume", "résumé"), ("市", "長"), ("ш", "щ")],
    ids=["numbers", "accents", "Chinese", "Cyrillic"],
)
def test_other_words_have_other_hashes(one: str, other: str) -> None:
    assert read_tokens(None, [(0, one)]).hashes.tolist() != read_tokens(None, [(0, other)]).hashes.tolist()


def test_every_token_knows_where_it_stands_as_printed() -> None:
    paragraphs = [(3, "The İstanbul office –\nclosed."), (4, ""), (7, "It’s 5 p.m.")]
    tokens = read_tokens("Office shut", paragraphs)
    assert printed(tokens, "Office shut", paragraphs) == [
        "Office", "shut", "The", "İstanbul", "office", "closed", "It’s", "5", "p", "m",
    ]  # fmt: skip
    assert tokens.blocks.tolist() == [-1, -1, 3, 3, 3, 3, 7, 7, 7, 7]
    assert tokens.title_words == 2


def test_a_text_without_words_has_no_tokens() -> None:
    assert len(read_tokens(None, [])) == 0
    assert len(read_tokens("", [(0, "…")])) == 0


def test_the_lead_is_the_first_words_of_the_body() -> None:
    tokens = read_tokens("A title", [(0, "word " * 100)])
    assert (tokens.lead.start, tokens.lead.stop) == (2, 2 + LEAD_WORDS)


def test_capitals_and_digits_are_anchors() -> None:
    tokens = read_tokens(None, [(0, "the Mayor paid 7th street É ж Ж ٣ 市")])
    assert tokens.is_anchor.tolist() == [False, True, False, True, False, True, False, True, True, False]


def test_quotation_marks_hold_within_their_paragraph() -> None:
    tokens = read_tokens("“Go” he said", [(0, "“We go on"), (1, "and he left")])
    assert tokens.is_quoted.tolist() == [True, False, False, True, True, True, False, False, False]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=30), max_size=4))
def test_reading_any_text_finds_the_words_as_printed(texts: list[str]) -> None:
    paragraphs = list(enumerate(texts))
    tokens = read_tokens(None, paragraphs)
    assert all(word and word.strip() == word for word in printed(tokens, "", paragraphs))
    assert len({len(array) for array in (tokens.hashes, tokens.is_quoted, tokens.is_anchor, tokens.blocks, tokens.starts)}) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["mayor", "Paris", "seven", "7", "zürich", "市", "it’s"]), max_size=12),
    st.sampled_from([" ", ", ", " – ", ".\n", "!? "]),
)
def test_punctuation_and_case_change_no_hash(words: list[str], joint: str) -> None:
    plain = read_tokens(None, [(0, " ".join(words))])
    assert read_tokens(None, [(0, joint.join(words).upper())]).hashes.tolist() == plain.hashes.tolist()
