"""Names of authors out of bylines and author fields, without roles, agencies, addresses and handles.

It does not know who is a person: a name is what looks like one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.core.text.folds import folded, one_line

MAX_NAME_CHARS = 60  # characters
MAX_NAME_WORDS = 6  # words; longer "names" on labelled pages were sentences
BY = re.compile(
    r"^\s*(?:(?:story|reported|written|words|text|analysis|opinion|review|interview|reporting|edited|posted|published|article)\s+)?"
    r"(?:by|von|par|por|di|av|af|door|przez|autor(?:in|en)?|author|auteur|reporter|text|текст|автор)(?:\s*[:|]\s*|\s+)", re.IGNORECASE)  # fmt: skip
JOINTS = re.compile(r"\s*(?:[;|•·]|,\s*(?:and|und|et|y|e|og|och|en)\s+|(?<=\w)\s+(?:and|und|et|y|og|och|with|mit)\s+|\s&\s|,|\s/\s|\n)\s*", re.IGNORECASE)
TAIL = re.compile(r"\s*(?:\(.*|\[.*|<.*|\bfor the\b.*|\bfor [A-Z].*|\s[-–—|@].*|\bin [A-Z]\w+$|(?:,\s*)?(?:updated|published|posted)\b.*)$")
ROLE = re.compile(
    r"\b(?:staff|reporter|writer|editor|editors|correspondent|correspondents|contributor|columnist|producer|journalist|newsroom|desk|bureau|team|"
    r"redaktion\w*|redaktor\w*|redacción|redacao|redação|rédaction|redazione|admin|administrator|agency|agencies|news|press|media|magazine|service|wire|digital|online|"
    r"associated|reuters|afp|dpa|bloomberg|newsletter|ph\.?d|md|guest|author|authors|webmaster|chief|senior|associate|director|manager|professor|"
    r"website|official|university|inc|ltd|llc|gmbh|daily|times|post|herald|tribune|gazette|today|network|tv|radio|copyright|getty|updated|"
    r"redakcja|newsdesk|board|institute|foundation|society|company|group)\b", re.IGNORECASE)  # fmt: skip
NOT_A_NAME = re.compile(r"https?:|www\.|@|\d{2,}|[{}<>\\]|\.com\b|\.org\b|\.net\b|\.de\b")
CAPITALIZED = re.compile(r"^[^\W\d_a-z].*", re.UNICODE)
PARTICLES = frozenset("von van de der den del della di da dos das du la le el al bin ibn ter ten zu y e i".split())


def author_names(values: Iterable[str], *, not_authors: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the persons that author fields name, each once, in order.

    not_authors  folded names of publisher, site and host, which fields often repeat
    """
    kept: dict[str, str] = {}
    for value in values:
        for name in names_in(value):
            key = folded(name)
            if key and key not in not_authors:
                kept.setdefault(key, name)
    return tuple(kept.values())


def names_in(value: str) -> list[str]:
    """Return the names that one byline holds: "By Ann Lee and Bo Fry, staff" holds two."""
    text = BY.sub("", one_line(value))
    if NOT_A_NAME.search(text) and not JOINTS.search(text):
        return []
    names = [TAIL.sub("", part).strip(" .,:;-–—*'\"") for part in JOINTS.split(text)]
    return [_cased(BY.sub("", name)) for name in names if is_name(name)]


def is_name(text: str) -> bool:
    """Tell whether a text can be a person's name, or a newsroom's short sign."""
    words = text.split()
    if not 0 < len(text) <= MAX_NAME_CHARS or len(words) > MAX_NAME_WORDS or NOT_A_NAME.search(text):
        return False
    return not ROLE.search(text)


def is_person(text: str) -> bool:
    """Tell whether a line is a person's name and nothing else: two to four capitalized words."""
    words = [word for word in text.split() if word.lower() not in PARTICLES]
    if not 2 <= len(words) <= 4 or not is_name(text) or text != text.strip(" .,:;!?"):
        return False
    return all(word[0].isupper() and word.replace("-", "").replace("'", "").replace("’", "").rstrip(".").isalpha() for word in words)


def _cased(name: str) -> str:
    words = name.split()
    if len(words) >= 2 and name.isupper() and all(len(word) > 1 for word in words):
        return " ".join(word.title() if len(word) > 2 else word.title() for word in words)
    return name
