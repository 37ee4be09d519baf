"""Whose report a text is: dateline, agency with its evidence, where it was republished from, who contributed.

Photo credits, "told Reuters" and "Reuters could not verify" are no evidence: only datelines, lines of credit, contributor lines,
copyright lines and bylines are read, in this order of trust.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tasks.core.records import Block
from tasks.core.text.contributors import contributors_in, sentences
from tasks.core.text.datelines import Dateline, dateline_within, day_of, is_lone_dateline, read_dateline
from tasks.core.text.lists import Lists

LEAD_BLOCKS = 4  # body blocks searched for a dateline: a dek or two may stand before it
MAX_NOTE_CHARS = 400  # characters of a note of republication
MAX_CREDIT_CHARS = 90  # characters of a line that is nothing but a credit
SOURCE = r"(?P<source>[‘“\"']?[^\W\d_][\w.&’'/: -]{1,60}?)[”\"’']?(?=\s+(?:under|erschienen|veröffentlicht|on (?:[A-Z]|\d)|and (?:is|was|has)|as part|with (?:permission|the)|in (?:\d|[A-Z][a-z]+ \d)|at https?)|[,.;:)]?\s*(?:$|\n|[.;,(]\s)|\s+[-–—|]\s)"
VERB = r"(?:(?:was|were|is|has been|had been|been)\s+)?(?:(?:originally|first|initially|previously)\s+)*(?:appeared|published|ran|posted|reported|produced)(?:\s+(?:originally|first|initially))?"
REPUBLISHED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:this|the|a version of this) (?:story|article|report|piece|post|column|content|commentary|essay|interview|version)\b.{{0,60}}?\b{VERB}\s+(?:in|on|by|at)\s+(?:the\s)?{SOURCE}",
        rf"^[(\[]?(?:originally|first)\s+(?:published|appeared|posted)\s+(?:in|on|by|at)\s+(?:the\s)?{SOURCE}",
        rf"\b(?:is |are |was |been )?(?:republished|reprinted|reproduced|syndicated)(?: here)?(?: with (?:the )?permission)?\s+(?:from|of|by)\s+(?:the\s)?{SOURCE}",
        rf"^(?:©|\(c\))\s?\d{{4}},?\s+(?:the\s)?{SOURCE}.{{0,120}}\bdistributed by\b",
        rf"^the post .{{3,200}}? (?:appeared first on|first appeared on)\s+{SOURCE}",
        rf"^(?:dieser (?:artikel|text|beitrag)) (?:ist |wurde )?(?:zuerst|ursprünglich) .{{0,12}}?(?:auf|bei|in|im|von)\s+{SOURCE}",
        rf"^cet article (?:a été|est) .{{0,20}}?(?:publié|paru) .{{0,12}}?(?:sur|dans|par)\s+{SOURCE}",
        rf"^este artículo (?:fue|se) .{{0,20}}?(?:publicado|publicó) .{{0,16}}?(?:en|por)\s+{SOURCE}",
    )
)
NOT_SOURCE = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|me|a|an)\b|\d"
)
DISTRIBUTED = re.compile(r"\b(?:distributed|provided|supplied|syndicated) by (?:the\s)?(?P<source>[A-Z][\w. &’'-]{1,60})", re.IGNORECASE)
COPYRIGHT = re.compile(
    r"(?:©|\(c\)|\bcopyright\b)[\s\d,©–-]{0,40}(?:by\s+)?(?:the\s)?(?P<source>[A-Z][\w.&’' -]{1,60}?)(?=[.,;|]|\s+all rights|\s*$|\s{2})",
    re.IGNORECASE,
)
SOURCE_LINE = re.compile(r"^(?:source|via|quelle|fuente|fonte|credit|источник|джерело)s?\s?:\s*(?P<source>.{2,40})$", re.IGNORECASE)
WITH_AGENCY = re.compile(
    r"^[(\[]?\s*(?:with (?:\w+ ){0,3}(?:from|by|of)|mit (?:material (?:von|der)|informationen von)?|avec|con información de)\s*(?P<source>[^()]{2,40})[)\]]?$",
    re.IGNORECASE,
)
END_CREDIT = re.compile(
    r"[.!?…”\"’]\s*(?:[(\[](?P<inside>[^()\[\]]{2,40})[)\]]|[-–—/]{1,2}\s?(?P<after>[\w /.-]{2,30})|(?<=\s)(?P<bare>[A-Z][\w./-]{1,20}))[.\s]*$"
)
SEPARATORS = re.compile(r"[/,;|&+]|\band\b|\bund\b|\bet\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credits:
    """Whose report a text is, as far as it says so."""

    dateline_place: str | None = None
    dateline_date: date | None = None
    agency: str | None = None
    agency_evidence: str | None = None
    republished_from: str | None = None
    contributors: tuple[str, ...] = ()


def read_credits(
    blocks: Sequence[Block], authors: Sequence[str], lists: Lists, *, published: date | None, site: str | None, is_live_blog: bool
) -> Credits:
    """Return the credits that typed blocks hold.

    authors        who is named as author: an agency among them is evidence of the kind `byline`
    published      to know the year of a dateline
    site           of the page: its own name is no origin, its own copyright no evidence
    is_live_blog   its entries have datelines of their own, the whole has none
    """
    dateline = None if is_live_blog else _dateline(blocks, lists)
    republished = republished_from(blocks, lists, site)
    agency, evidence = next(_evidence(blocks, authors, dateline, republished, lists, site, is_live_blog), (None, None))
    return Credits(
        dateline_place=dateline.place if dateline else None,
        dateline_date=day_of(dateline, published) if dateline else None,
        agency=agency,
        agency_evidence=evidence,
        republished_from=republished,
        contributors=contributors_in([block.text for block in blocks if block.type == "contributor_line"], lists),
    )


def _dateline(blocks: Sequence[Block], lists: Lists) -> Dateline | None:
    own = [block.text for block in blocks if block.type == "dateline"]
    lone = next((Dateline(place=text.strip(" :,.—–-")) for text in own if is_lone_dateline(text)), None)
    leads = [block.text for block in blocks if block.type == "paragraph"][:LEAD_BLOCKS]
    found = next((dateline for text in (*own, *leads) if (dateline := read_dateline(text, lists))), None)
    return found or lone or (dateline_within(leads[0], lists) if leads else None)


def _evidence(
    blocks: Sequence[Block],
    authors: Sequence[str],
    dateline: Dateline | None,
    republished: str | None,
    lists: Lists,
    site: str | None,
    is_live_blog: bool,
) -> Iterator[tuple[str, str]]:
    if is_live_blog:
        return
    if dateline and dateline.agency:
        yield dateline.agency, "dateline_tag"
    lines = {
        kind: [block.text for block in blocks if block.type == kind]
        for kind in ("republication_credit", "contributor_line", "junk", "byline")
    }
    if republished and (name := agency_named(republished, lists)):
        yield name, "credit_line"
    body = [block.text for block in blocks if block.type in ("paragraph", "list_item", "quote")]
    for text in (*lines["republication_credit"], *body[-1:]):
        yield from ((name, "credit_line") for name in _credited(text, lists))
    for text in lines["contributor_line"]:
        yield from ((found[1], "contributor_line") for found in _found_in(text, lists))
    for text in (*lines["republication_credit"], *lines["junk"]):
        copyright_by = COPYRIGHT.search(text)
        name = agency_named(copyright_by["source"], lists) if copyright_by else None
        if name and not _is_own(name, site, lists):
            yield name, "copyright_line"
    for text in (*authors, *lines["byline"]):
        yield from ((name, "byline") for part in SEPARATORS.split(text) if (name := agency_named(part, lists)))


def _found_in(text: str, lists: Lists) -> list[tuple[str, str]]:
    pattern = lists.agency_pattern
    return [(found, lists.agency_by_tag[found]) for found in pattern.findall(text)] if pattern else []


def _credited(text: str, lists: Lists) -> Iterator[str]:
    if len(text) <= MAX_CREDIT_CHARS:
        said = SOURCE_LINE.match(text) or WITH_AGENCY.match(text)
        yield from _all_named(said["source"] if said else text.strip(" ()[].–—-/"), lists)
    if found := DISTRIBUTED.search(text):
        yield from filter(None, [agency_named(found["source"], lists)])
    if end := END_CREDIT.search(text):
        yield from _all_named(end["inside"] or end["after"] or end["bare"], lists)


def _all_named(text: str, lists: Lists) -> list[str]:
    names = [lists.agency_by_tag.get(part.strip(" .–—-")) for part in SEPARATORS.split(text)]
    return [name for name in names if name] if any(names) and len([name for name in names if name is None]) <= 1 else []


def agency_named(text: str, lists: Lists) -> str | None:
    """Return the listed agency that a text names and nothing else, "By" and "The" aside."""
    name = re.sub(r"^(?:by|von|par|por|from)\s+", "", text.strip(" .,:;()[]–—-‘’“”\"'"), flags=re.IGNORECASE)
    return lists.agency_by_tag.get(name) or lists.agency_by_tag.get(
        re.sub(r"^(?:the|The)\s+|,? (?:LLC|Inc|Ltd)\.?$|\.com$", "", name).strip(" ,.")
    )


def republished_from(blocks: Sequence[Block], lists: Lists, site: str | None) -> str | None:
    """Return where a text says it was published first, as printed, None where it says nothing or names its own site."""
    for block in blocks:
        found = republication(block.text) if block.type == "republication_credit" else None
        if found and not _is_own_name(found, site):
            return found
    return None


def republication(text: str) -> str | None:
    """Return the source that a line of republication names in its first sentence, None where it is no such line."""
    if len(text) > MAX_NOTE_CHARS:
        return None
    found = next((match for pattern in REPUBLISHED if (match := pattern.search(text))), None)
    source = found["source"].strip(" ‘’“”\"'.,:") if found else ""
    is_first = found is not None and found.start() < len(sentences(text)[0])
    return source if is_first and source and not NOT_SOURCE.match(source) else None


def end_credit(text: str, lists: Lists) -> int | None:
    """Return where a credit at the end of a paragraph begins ("... he said. (AFP)"), None where there is none."""
    found = END_CREDIT.search(text)
    named = found is not None and _all_named(found["inside"] or found["after"] or found["bare"], lists)
    return found.start() + 1 if found and named else None


def is_credit(text: str, lists: Lists) -> bool:
    """Tell whether a line is nothing but a credit: "AFP", "(dpa/NAN)", "Source: Reuters", "With inputs from PTI"."""
    return len(text) <= MAX_CREDIT_CHARS and (next(_credited(text, lists), None) is not None)


def _is_own(agency: str, site: str | None, lists: Lists) -> bool:
    return site is not None and any(entry.name == agency and site in entry.sites for entry in lists.agencies)


def _is_own_name(name: str, site: str | None) -> bool:
    bare = re.sub(r"[^a-z0-9]", "", name.lower().removeprefix("the "))
    return bool(site) and len(bare) >= 4 and bare in re.sub(r"[^a-z0-9]", "", (site or "").lower())
