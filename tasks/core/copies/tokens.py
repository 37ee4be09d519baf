"""Texts to tokens that compare: a hash each, what it is, and where it stands in the text as printed.

Knows words of spaced scripts, single characters of scripts without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese)
and double quotation marks. Does not know languages, stems or single quotation marks.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import xxhash
from numpy.typing import NDArray

from tasks.core.copies.fingerprints import fingerprint_of, shingles_of
from tasks.core.copies.quotations import quoted_stretches
from tasks.core.copies.words import DROPPED, code_points, word_spans

TITLE_BLOCK = -1  # block number of tokens that come from the title
LEAD_WORDS = 60  # words of the body: what a report says first

ASCII_LAST = 127
ASCII_DROPPED = tuple(ord(letter) for letter in DROPPED if letter.isascii())
IS_DROPPED = str.maketrans(dict.fromkeys(DROPPED))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tokens:
    """The tokens of one text, title first: equal only to itself, so that what was worked out for it can be found.

    Arrays have shape (tokens,) where nothing else is said.
    hashes       uint64, xxh3 of the normalized word
    is_quoted    bool, inside double quotation marks of its paragraph
    is_anchor    bool, capitalised or starting with a digit: names, numbers, first words of sentences
    blocks       int32, block number; TITLE_BLOCK for the title
    starts, ends int32, characters [start, end) of the block's text as printed
    title_words  how many of the first tokens are the title's
    shingles     uint64, shape (tokens - 4,) or (0,): the hash of the shingle that starts at each token
    fingerprint  uint64, shape (sampled shingles,), sorted and distinct: those that the index holds
    """

    hashes: NDArray[np.uint64]
    is_quoted: NDArray[np.bool_]
    is_anchor: NDArray[np.bool_]
    blocks: NDArray[np.int32]
    starts: NDArray[np.int32]
    ends: NDArray[np.int32]
    title_words: int
    shingles: NDArray[np.uint64]
    fingerprint: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.hashes)

    @property
    def lead(self) -> slice:
        """Return where the first words of the body lie."""
        return slice(self.title_words, self.title_words + LEAD_WORDS)


def read_tokens(title: str | None, paragraphs: Sequence[tuple[int, str]]) -> Tokens:
    """Return the tokens of a title and the body's paragraphs.

    paragraphs   (block number, text as printed) in the order of the body
    """
    numbered = [(TITLE_BLOCK, title or ""), *paragraphs]
    texts = [text.replace("\n", " ") for _, text in numbered]
    joined = "\n".join(texts)
    codes = code_points(joined)
    starts, ends = word_spans(codes)
    offsets = np.array([0, *accumulate(len(text) + 1 for text in texts)][:-1], np.int32)
    places = np.searchsorted(offsets, starts, "right") - 1
    hashes = _hashes(joined, codes, starts, ends)
    shingles = shingles_of(hashes)
    return Tokens(
        hashes=hashes,
        is_quoted=_is_quoted(joined, starts),
        is_anchor=_is_anchor(codes[starts]),
        blocks=np.array([number for number, _ in numbered], np.int32)[places],
        starts=starts - offsets[places],
        ends=ends - offsets[places],
        title_words=int(np.count_nonzero(places == 0)),
        shingles=shingles,
        fingerprint=fingerprint_of(shingles),
    )


def _hashes(text: str, codes: NDArray[np.uint32], starts: NDArray[np.int32], ends: NDArray[np.int32]) -> NDArray[np.uint64]:
    lowered = text.lower()
    if len(lowered) != len(text):  # a letter whose lower case is two characters: offsets would slip
        lowered = "".join(letter.lower() if len(letter.lower()) == 1 else letter for letter in text)
    plain = lowered.encode("latin-1", "replace")  # one byte a character; the words where that loses are mended below
    words = [plain[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    for place in np.flatnonzero(_is_special(codes, starts, ends)).tolist():
        words[place] = _normal(lowered[starts[place] : ends[place]])
    return np.frombuffer(b"".join(map(xxhash.xxh3_64_digest, words)), ">u8").astype(np.uint64)


def _is_special(codes: NDArray[np.uint32], starts: NDArray[np.int32], ends: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Mark the words with a letter beyond ASCII or a character that is dropped."""
    specials = codes > ASCII_LAST
    for dropped in ASCII_DROPPED:
        specials |= codes == dropped
    before = np.concatenate([[0], np.cumsum(specials)])
    found: NDArray[np.bool_] = before[ends] > before[starts]
    return found


def _normal(word: str) -> bytes:
    folded = unicodedata.normalize("NFKC", word.translate(IS_DROPPED)).lower()
    return folded.encode("utf-8", "surrogatepass")


def _is_quoted(text: str, starts: NDArray[np.int32]) -> NDArray[np.bool_]:
    stretches = quoted_stretches(text)
    if not stretches:
        return np.zeros(len(starts), np.bool_)
    edges = np.array(stretches, np.int32).ravel()  # sorted and disjoint: an odd rank is inside
    found: NDArray[np.bool_] = np.searchsorted(edges, starts, "right") % 2 == 1
    return found


def _is_anchor(firsts: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Mark the words whose first character is a capital or a digit."""
    found: NDArray[np.bool_] = ((firsts >= 65) & (firsts <= 90)) | ((firsts >= 48) & (firsts <= 57))  # A-Z, 0-9
    for place in np.flatnonzero(firsts > ASCII_LAST).tolist():
        first = chr(firsts[place])
        found[place] = first.isupper() or first.isdigit()
    return found
