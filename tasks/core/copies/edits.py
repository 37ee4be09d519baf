"""What an editor did between two versions of one article: how much came and went, what kind of change, and where.

Words pair one to one, so that a repeated paragraph is an addition and a moved one is no change. Knows words, not
meaning: a corrected figure weighs as much as a corrected spelling.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

import numpy as np

from tasks.core.copies.kept_words import common_words, kept_words
from tasks.core.copies.tokens import Tokens, read_tokens
from tasks.core.records import Block

EditClass = Literal["punctuation", "title_only", "reordered", "replacement", "minor", "addition", "cut", "revision"]
Side = Literal["added", "removed"]
Key = tuple[bytes, int]  # the words of a sentence, knowing neither case nor punctuation, and which repetition of them it is

# Chosen, not fitted; tests/core/copies/test_edits.py shows each at work.
REPLACED_SHARE = 0.25  # of the words of the shorter body: less kept, and it is another text at the old address
MINOR_WORDS = 10  # words added and removed together: less than a sentence
REMAINDER_SHARE = 0.1  # words that went for each that came (or the reverse) that an addition (a cut) may have

SENTENCE_END = re.compile(  # no end: an initial, "Mr.", "U.S.", or a full stop before a small letter
    r"""(?<!\b[A-Z])(?<!\b[A-Z]\w)[.!?…]["'”’»)\]]*\s+(?![a-z])|[。！？]["'”’»」』）]*"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What came of a version, title and body together.

    edit_class   the first that fits of
        punctuation   the same words: marks, case or layout differ
        title_only    the words of the body are the same
        reordered     the same words in the body, in another order
        replacement   less than REPLACED_SHARE of the shorter body is kept
        minor         MINOR_WORDS or fewer came and went
        addition      words came, and at most REMAINDER_SHARE as many went
        cut           words went, and at most REMAINDER_SHARE as many came
        revision      all else
    """

    edit_class: EditClass
    words_added: int
    words_removed: int


def version_change(before: Tokens, after: Tokens) -> Change:
    """Return what changed from one version of an article to the next."""
    titles = before.hashes[: before.title_words], after.hashes[: after.title_words]
    bodies = before.hashes[before.title_words :], after.hashes[after.title_words :]
    kept_of_body = kept_words(*bodies)
    kept = common_words(*titles) + kept_of_body
    added, removed = len(after) - kept, len(before) - kept
    if np.array_equal(*bodies):
        edit_class: EditClass = "punctuation" if np.array_equal(*titles) else "title_only"
    elif len(bodies[0]) == len(bodies[1]) == kept_of_body:
        edit_class = "reordered"
    elif kept_of_body < REPLACED_SHARE * min(map(len, bodies)):
        edit_class = "replacement"
    else:
        edit_class = _size_class(added, removed)
    return Change(edit_class=edit_class, words_added=added, words_removed=removed)


def _size_class(added: int, removed: int) -> EditClass:
    if added + removed <= MINOR_WORDS:
        return "minor"
    if removed <= REMAINDER_SHARE * added:
        return "addition"
    return "cut" if added <= REMAINDER_SHARE * removed else "revision"


class Sentence(NamedTuple):
    """Characters [start, end) of a block."""

    block_no: int
    start: int
    end: int
    key: Key


def changed_passages(before_blocks: Sequence[Block], after_blocks: Sequence[Block]) -> list[tuple[Side, str]]:
    """Return what a reader of the later body finds new, and what is gone: sentences, joined where they stand together.

    In the order of the later version; what is gone stands where it stood, before what came in its place. A sentence
    that was only moved is neither; one with a changed word is both.
    """
    before, after = _sentences(before_blocks), _sentences(after_blocks)
    known = {sentence.key for sentence in before}
    kept_at = {sentence.key: place for place, sentence in enumerate(after) if sentence.key in known}
    gone, new = _changed(before_blocks, before, kept_at), _changed(after_blocks, after, kept_at)
    both: list[tuple[int, Side, str]] = [(place, "removed", text) for place, text in gone]
    both += [(place, "added", text) for place, text in new]
    return [(side, text) for _, side, text in sorted(both, key=lambda found: found[0])]


def _changed(blocks: Sequence[Block], sentences: Sequence[Sentence], kept_at: Mapping[Key, int]) -> Iterator[tuple[int, str]]:
    """Yield the stretches that are not kept, and after which sentence of the later version each belongs."""
    place = -1
    for (number, is_kept), stretch in groupby(sentences, key=lambda sentence: (sentence.block_no, sentence.key in kept_at)):
        found = list(stretch)
        if is_kept:
            place = kept_at[found[-1].key]
        else:
            yield place, blocks[number].text[found[0].start : found[-1].end]


def _sentences(blocks: Sequence[Block]) -> list[Sentence]:
    spans = [(number, *span) for number, block in enumerate(blocks) if block.is_body for span in _spans(block.text)]
    tokens = read_tokens(None, [(place, blocks[number].text[start:end]) for place, (number, start, end) in enumerate(spans)])
    edges = np.searchsorted(tokens.blocks, np.arange(len(spans) + 1)).tolist()
    seen = Counter[bytes]()
    found: list[Sentence] = []
    for (number, start, end), (first, last) in zip(spans, pairwise(edges), strict=True):
        words = tokens.hashes[first:last].tobytes()
        if words:
            seen[words] += 1
            found.append(Sentence(number, start, end, (words, seen[words])))
    return found


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for match in SENTENCE_END.finditer(text):
        yield start, start + len(text[start : match.end()].rstrip())
        start = match.end()
    if start < len(text):
        yield start, start + len(text[start:].rstrip())
