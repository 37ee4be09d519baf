"""Words to shingles: a hash of every five words, and the sample of them that the index holds.

A text of fewer than five tokens has no shingle; one of forty has about five in the sample, so that very short texts
are found by chance only. Equal texts have equal fingerprints whatever their punctuation and case.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SHINGLE_WORDS = 5  # words a shingle: notes/dedup.md, 2026-11
SAMPLE_RATE = 8  # one shingle in so many is kept: notes/dedup.md, 2026-11
SAMPLE_BELOW = np.uint64(2**64 // SAMPLE_RATE)
BASE = 0x9E3779B97F4A7C15  # odd, of mixed bits: the multiplier of the polynomial
POWERS = tuple(np.uint64(pow(BASE, power, 2**64)) for power in range(SHINGLE_WORDS))
MIX_1, MIX_2, MIX_SHIFT = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53), np.uint64(33)  # murmur3 fmix64


def shingles_of(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the hash of every five words in a row, given a hash a word: uint64, shape (words - 4,) or (0,)."""
    count = len(hashes) - SHINGLE_WORDS + 1
    if count <= 0:
        return np.zeros(0, np.uint64)
    mixed = np.zeros(count, np.uint64)
    for step, power in enumerate(POWERS):
        mixed += hashes[step : step + count] * power
    mixed ^= mixed >> MIX_SHIFT
    mixed *= MIX_1
    mixed ^= mixed >> MIX_SHIFT
    mixed *= MIX_2
    mixed ^= mixed >> MIX_SHIFT
    return mixed


def fingerprint_of(shingles: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the sample of a text's shingles: uint64, sorted and distinct."""
    ranked = np.sort(shingles[shingles < SAMPLE_BELOW])
    is_first = np.ones(len(ranked), np.bool_)
    is_first[1:] = ranked[1:] != ranked[:-1]
    return ranked[is_first]


def sampled_places(shingles: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Return the tokens at which a sampled shingle starts, repeats included."""
    return np.flatnonzero(shingles < SAMPLE_BELOW)
