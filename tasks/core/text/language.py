"""The language of a text as two letters: as declared, else as its first thousand characters look."""

from __future__ import annotations

import re

from tasks.core.text.folds import word_count

SAMPLE_CHARS = 1_000  # characters: 1 ms, and as good as the whole text on articles; notes on speed, 2026-11
MIN_WORDS = 12  # words; guesses on less are noise
LETTERS = re.compile(r"[a-zA-Z]{2,3}(?=$|[-_ ,;])")
THREE_LETTERS = {
    "eng": "en",
    "deu": "de",
    "ger": "de",
    "fra": "fr",
    "fre": "fr",
    "spa": "es",
    "ita": "it",
    "por": "pt",
    "ukr": "uk",
    "rus": "ru",
    "pol": "pl",
    "nld": "nl",
    "dut": "nl",
}


def declared_language(*declared: str | None) -> str | None:
    """Return the first declaration that names a language, as two letters: "en-US", "de_DE", "eng"; None where none does."""
    for value in declared:
        found = LETTERS.match((value or "").strip())
        if found:
            code = found[0].lower()
            if len(code) == 2 or code in THREE_LETTERS:
                return THREE_LETTERS.get(code, code)
    return None


def guessed_language(text: str) -> str | None:
    """Return the language that a text looks written in, None where it is too short to tell."""
    sample = text[:SAMPLE_CHARS]
    if word_count(sample) < MIN_WORDS:
        return None
    from py3langid.langid import classify  # .3 s to load its model, and most pages declare theirs

    return str(classify(sample)[0])
