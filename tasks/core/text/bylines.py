"""Names of authors out of bylines and author fields, without roles, agencies, addresses and handles.

It does not know who is a person: a name is what looks like one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tasks.core.text.folds import folded, one_line

MAX_NAME_CHARS = 60  # characters
MAX_LINE_CHARS = 2_000  # characters of a byline that are read: addresses are looked for from each of them
MAX_NAME_WORDS = 6  # words; longer "names" on labelled pages were sentences
MAX_DESK_WORDS = 5  # words of a byline that names a desk or an agency: "Associated Press", "Our Editors"
BY = re.compile(
    r"^\s*(?:(?:story|reported|written|words|text|analysis|opinion|review|interview|reporting|posted|published|article)\s+)?"
    r"(?:by|von|par|por|di|av|af|door|przez|autor(?:in|en)?|authors?|auteur|reporter|text|текст|автор)(?:\s*[:|]\s*|\s+)", re.IGNORECASE)  # fmt: skip
JOINTS = re.compile(
    r"\s*(?:[;|•·⋅]|,\s*(?:and|und|et|y|e|og|och|en)\s+|(?<=\w)\s+(?:and|und|et|y|og|och|with|mit)\s+|\s&\s|,|(?<=\w)\s?/\s?(?=[^\W\d_])|\n)\s*",
    re.IGNORECASE,
)
OTHER_PART = re.compile(
    r"^(?:(?:medically |fact )?(?:reviewed|edited|updated|checked|translated|illustrated|photograph\w*|photos?|videos?|graphics?|last|published|posted)\b|"
    r"with\b|from\b|insights\b)", re.IGNORECASE)  # fmt: skip
TAIL = re.compile(
    r"\s*(?:\(.*|\[.*|<.*|\bfor the\b.*|\bfor [A-Z].*|\s[-–—|@].*|\bin [A-Z]\w+$|(?:,\s*)?\b(?:[Uu]pdated|[Pp]ublished|[Pp]osted|Stand:)\b.*|\s기자\b.*)$"
)
ROLE = re.compile(
    r"\b(?:staff|reporter|writer|editor|editors|correspondent|correspondents|contributor|columnist|producer|journalist|newsroom|desk|bureau|team|"
    r"redaktion\w*|redaktor\w*|redacción|redacao|redação|rédaction|redazione|admin|administrator|agency|agencies|agenturen|news|press|media|magazine|service|wire|digital|online|"
    r"associated|reuters|afp|apa|dpa|sda|bloomberg|newsletter|ph\.?d|md|dvm|guest|author|authors|webmaster|chief|senior|associate|director|manager|professor|"
    r"website|official|university|inc|ltd|llc|gmbh|daily|times|post|herald|tribune|gazette|today|network|tv|radio|copyright|getty|updated|"
    r"redakcja|newsdesk|board|institute|foundation|society|company|group|comments?|founder|co-founder|marketer|educators?|min read|minutes?|full bio)\b", re.IGNORECASE)  # fmt: skip
NOT_A_NAME = re.compile(r"https?:|www\.|@|\d|[{}<>\\]|\.com\b|\.org\b|\.net\b|\.de\b|\.at\b")
ADDRESS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+")
NOT_OF_NAME = " .,:;-–—*'\""
PARTICLES = frozenset(
    [
        "von",
        "van",
        "de",
        "der",
        "den",
        "del",
        "della",
        "di",
        "da",
        "dos",
        "das",
        "du",
        "la",
        "le",
        "el",
        "al",
        "bin",
        "ibn",
        "ter",
        "ten",
        "zu",
        "y",
        "e",
        "i",
    ]
)


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
    """Return the names that one author field holds: "By Ann Lee and Bo Fry, staff" holds two."""
    return [_cased(name) for name in _parts_of(value) if is_name(name)]


def printed_names(line: str) -> tuple[str, ...]:
    """Return the persons of a byline as printed, without what follows them: roles, dates, reviewers, other links.

    A line that begins with "By" may name one person by a single word or a sign; any other line only full names.
    """
    is_said = BY.match(line) is not None
    kept: dict[str, str] = {}
    for part in _parts_of(line):
        if OTHER_PART.match(part) or (kept and part.isupper() and not any(name.isupper() for name in kept.values())):
            break
        if is_person(part) or (is_said and not kept and is_name(part) and not BY.match(part + " ")):
            kept.setdefault(folded(part), part)
    return tuple(_cased(name) for key, name in kept.items() if key)


def desk_name(line: str) -> str | None:
    """Return the desk or agency that a byline names instead of a person: "By Associated Press", None where it names none."""
    if not BY.match(line):
        return None
    part = next((part for part in _parts_of(line) if part), "")
    return part if 0 < len(part.split()) <= MAX_DESK_WORDS and not NOT_A_NAME.search(part) and not OTHER_PART.match(part) else None


def _parts_of(line: str) -> list[str]:
    text = BY.sub("", one_line(ADDRESS.sub(" ", line[:MAX_LINE_CHARS])))
    parts = (part.strip(NOT_OF_NAME) for part in JOINTS.split(text))
    cut = (part if OTHER_PART.match(part) else TAIL.sub("", part).strip(NOT_OF_NAME) for part in parts)
    return [BY.sub("", part) for part in cut if part]


def is_name(text: str) -> bool:
    """Tell whether a text can be a person's name, or a newsroom's short sign."""
    words = text.split()
    if not 0 < len(text) <= MAX_NAME_CHARS or len(words) > MAX_NAME_WORDS or NOT_A_NAME.search(text):
        return False
    return not ROLE.search(text)


def is_person(text: str) -> bool:
    """Tell whether a text is a person's name and nothing else: two to four capitalized words."""
    words = [word for word in text.split() if word.lower() not in PARTICLES]
    if not 2 <= len(words) <= 4 or not is_name(text) or text != text.strip(" .,:;!?"):
        return False
    return all(word[0].isupper() and word.replace("-", "").replace("'", "").replace("’", "").replace(".", "").isalpha() for word in words)


def _cased(name: str) -> str:
    words = name.split()
    if len(words) >= 2 and name.isupper() and all(len(word) > 1 for word in words):
        return name.title()
    return name
