"""Lines at the end of a report that name who else worked on it, and the sentences of a text.

"McDonnell reported from Lviv and Kaleem from London." "Associated Press writer Lolita C. Baldor in Washington contributed."
It does not tell reporters from editors: whoever such a line names is a contributor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tasks.core.text.bylines import is_person
from tasks.core.text.folds import folded
from tasks.core.text.lists import Lists

MAX_CHARS = 700  # characters of a contributor line: room for ten reporters in ten cities
NAME = r"(?:[A-ZÀ-ÞĀ-Ž][\w’'.-]*|van|von|der|den|de|al|el|bin|di|da|dos)(?:[ ](?:[A-ZÀ-ÞĀ-Ž][\w’'.-]*|van|von|der|den|de|al|el|bin|di|da|dos)){0,4}"
REPORTED_FROM = re.compile(rf"^{NAME}(?:(?:,| and|, and) {NAME})* (?:is |was |were )?(?:report(?:ed|ing)|wrote) from [A-ZÀ-Þ]")
CONTRIBUTED = re.compile(
    r"\bcontributed\b(?:.{0,40}\bto (?:this|the) (?:report|story|article|dispatch|piece)\s*(?:[.,;)]|$)|.{0,20}\b(?:reporting|reports?|writing|research)\b|(?: from [A-Z][\w, ]+)?\.?\)?$)"
)
BEGINNINGS = re.compile(
    r"^[(\[–—*•-]*\s*(?:contributing:|contributors?:|(?:additional |further |extra )?(?:reporting|research|writing|editing|production) by\b|(?:written|edited|compiled|reported) by\b|"
    r"with (?:additional |further |agency |some )?(?:reporting|files?|inputs?|contributions?|material|reports?|agencies|information) (?:by|from)\b|"
    r"(?:mit|unter verwendung von) (?:material|informationen|agenturmaterial) (?:von|der)\b|avec (?:l[’'])?(?:afp|reuters|ap)\b|con información de\b|"
    r"(?:ap|afp|reuters|associated press|the associated press|staff|post|times) (?:[\w’'-]+ ){0,3}(?:writers?|reporters?|journalists?|correspondents?)\b.{0,300}\b(?:contributed|reported)\b)",
    re.IGNORECASE,
)  # fmt: skip
TITLE = re.compile(
    r"\b(?:(?:the )?(?:Associated Press|AP|AFP|Reuters|dpa|Bloomberg|Post|Times|Staff|staff|special)\s+(?:[a-z]+\s+){0,2})?"
    r"(?:writers?|reporters?|journalists?|correspondents?|researchers?|photographers?|videographers?|producers?|(?:staff|news|video|freelance|special)\s+\w+)\b[,:]?"
)
VERBS = re.compile(
    r"\b(?:also )?(?:contributed|reported|reporting|wrote|writing|editing|edited|written|compiled|research|production|additional|further|with|by|"
    r"were|was|is|files?|inputs?|contributions?|material|information|(?:to )?(?:this|the) (?:report|story|article|dispatch|piece))\b", re.IGNORECASE)  # fmt: skip
PLACE_AFTER = re.compile(r"\s*\b(?:in|from|at|near)\s+(?:the\s+)?[A-ZÀ-Þ][\w’'.-]*(?:\s[A-ZÀ-Þ][\w’'.-]*)*")
POSSESSIVE = re.compile(r"^[A-Z][\w ]{1,30}[’']s ")  # "CNN's Nathan Hodge"
JOINT = re.compile(r"\s*(?:[,;()\[\]]|\band\b|&|\s[-–—]\s)\s*")
TWO_WORD_PLACES = frozenset(
    [
        "south korea", "north korea", "new york", "new jersey", "new mexico", "new hampshire", "north carolina", "south carolina",
        "north dakota", "south dakota", "west virginia", "rhode island", "south africa", "saudi arabia", "sri lanka", "new zealand",
        "costa rica", "el salvador", "united kingdom", "united states", "united arab emirates", "hong kong", "puerto rico",
        "british columbia", "new brunswick", "nova scotia", "czech republic", "northern ireland", "south sudan", "burkina faso",
        "sierra leone", "ivory coast", "west bank", "gaza strip", "new delhi", "new south wales"
    ]
)  # fmt: skip
SENTENCE_END = re.compile(r"(?<=[^\W\d_A-Z][.!?…])[”\"’)\]]*(\s+)(?=[“\"‘(\[]*[A-ZÀ-ÞĀ-ŽА-ЯІЇЄҐ@])")


def sentences(text: str) -> list[str]:
    """Return the sentences of a paragraph; initials and capitals before a full stop end none."""
    starts = [0, *(found.end(1) for found in SENTENCE_END.finditer(text))]
    return [part for start, end in zip(starts, [*starts[1:], len(text)], strict=True) if (part := text[start:end].strip())]


def is_contributor_line(text: str) -> bool:
    """Tell whether a line or sentence names who worked on a report, seen alone."""
    text = text.lstrip("_–—-*• ")
    if len(text) > MAX_CHARS or "\n" in text:
        return False
    if BEGINNINGS.match(text):
        return True
    parts = sentences(text.strip("()[] "))
    return bool(parts) and all(REPORTED_FROM.match(part) or CONTRIBUTED.search(part) for part in parts)


def contributors_in(lines: Iterable[str], lists: Lists) -> tuple[str, ...]:
    """Return the persons that contributor lines name, each once, in order; groups ("AP reporters around the world") are no persons."""
    names = list(
        dict.fromkeys(name for line in lines for sentence in sentences(line) for name in _persons_in(sentence.strip(" ()[]._–—*•-"), lists))
    )
    full = {name.rsplit(" ", 1)[-1] for name in names if " " in name}
    return tuple(name for name in names if " " in name or name not in full)


def _persons_in(sentence: str, lists: Lists) -> Iterator[str]:
    is_after_place = False
    for part in JOINT.split(sentence):
        place = PLACE_AFTER.search(part)
        name = " ".join(VERBS.sub(" ", TITLE.sub(" ", PLACE_AFTER.sub(" ", part))).split()).strip(" ,.:;")
        is_place = is_after_place and not place and (" " not in name or folded(name) in TWO_WORD_PLACES)
        name = POSSESSIVE.sub("", name)
        if name and not is_place and name not in lists.agency_by_tag and (is_person(name) or (place is not None and _is_last_name(name))):
            yield name
        is_after_place = place is not None or is_place


def _is_last_name(text: str) -> bool:
    return (
        len(text) > 2
        and " " not in text
        and text[0].isupper()
        and text[1:].replace("-", "").replace("’", "").isalpha()
        and not text.isupper()
    )
