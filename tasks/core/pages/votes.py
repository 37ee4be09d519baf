"""Title, dek and dates of a page, by the votes of what it says in several places.

Title: the h1 that og:title, the JSON-LD headline or <title> confirms. Dates: JSON-LD, then meta. Source of the orders: notes on 900 labelled pages, 2026-11.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tasks.core.pages.json_ld import Node, names_of, text_of, types_of
from tasks.core.pages.signs import Signs
from tasks.core.text.folds import folded, one_line, visible
from tasks.core.text.urls import host_of

MIN_SHARED = 0.5  # share of the words of both that a confirmed h1 and another title have in common
MIN_WITHIN_CHARS = 12  # characters: a shorter h1 within another title may be a section's name
MAX_TITLE_CHARS = 600  # characters; the longest of 382 labelled titles has 156
SEPARATORS = re.compile(r"\s+[|–—·•»:‹›-]{1,2}\s+|\s*\|\s*")
TITLE_METAS = ("og:title", "twitter:title", "title", "dc.title", "parsely-title", "sailthru.title", "citation_title")
DEK_METAS = ("og:description", "description", "twitter:description")
HTML = re.compile(r"<[^>]{0,200}>")


def clean_text(text: str) -> str:
    """Return a string out of JSON-LD or meta as a reader would see it: entities resolved twice, no tags."""
    from html import unescape

    return one_line(visible(HTML.sub("", unescape(unescape(text)))))


def clean_title(text: str) -> str:
    """Return a title as a reader would see it, "" where it is too long to be one."""
    return clean_text(text) if len(text) <= MAX_TITLE_CHARS else ""


def page_title(signs: Signs) -> str | None:
    """Return the title that a page shows, None where it has none."""
    headline = clean_title(text_of(signs.article.get("headline")) or _name_of_page(signs.article))
    social = clean_title(signs.meta(*TITLE_METAS))
    tag = clean_title(signs.title_tag)
    others = [text for text in (social, headline, tag) if text]
    sites = site_names(signs)
    confirmed = [
        (score, -number, h1)
        for number, h1 in enumerate(signs.h1s)
        if len(h1) <= MAX_TITLE_CHARS and (score := _agreement(h1, others)) > 0 and folded(h1) not in sites
    ]
    if confirmed:
        return max(confirmed)[2]
    for text in (social, headline, tag):
        short = without_site(text, sites)
        if short and folded(short) not in sites:
            return short
    return next((h1 for h1 in signs.h1s if folded(h1) not in sites), None) or (signs.h1s[0] if signs.h1s else None)


def _name_of_page(node: Node) -> str:
    return "" if types_of(node) & {"organization", "website"} else text_of(node.get("name"))


def _agreement(h1: str, others: list[str]) -> float:
    key, best = folded(h1), 0.0
    words = set(key.split())
    for other in others:
        other_key = folded(other)
        other_words = set(other_key.split())
        if not words or not other_words:
            continue
        within = len(key) >= MIN_WITHIN_CHARS and f" {key} " in f" {other_key} "
        shared = len(words & other_words) / len(words | other_words)
        best = max(best, 1.0 if key == other_key else 0.9 if within else shared if shared >= MIN_SHARED else 0.0)
    return best


def without_site(title: str, sites: frozenset[str]) -> str:
    """Return a title without the names of site and section that are set behind or before it."""
    parts = SEPARATORS.split(title)
    cut = title
    while len(parts) > 1 and (folded(parts[-1]) in sites or _is_site_like(parts[-1], sites)):
        cut = cut[: cut.rindex(parts[-1])].rstrip(" |–—·•»:‹›-")
        parts.pop()
    if len(parts) > 1 and folded(parts[0]) in sites:
        cut = cut[len(parts[0]) :].lstrip(" |–—·•»:‹›-")
    return cut.strip()


def _is_site_like(part: str, sites: frozenset[str]) -> bool:
    key = folded(part).replace(" ", "")
    return len(key) >= 3 and any(key in site.replace(" ", "") or (len(site) >= 4 and site.replace(" ", "") in key) for site in sites)


def site_names(signs: Signs) -> frozenset[str]:
    """Return the folded names by which a page calls its site, publisher and host."""
    names = [
        signs.meta("og:site_name"),
        signs.meta("application-name"),
        signs.meta("twitter:site").lstrip("@"),
        signs.meta("article:publisher", "publisher", "dc.publisher"),
    ]
    for node in (signs.article, *signs.nodes):
        if node is signs.article or types_of(node) & {"organization", "newsmediaorganization", "website"}:
            names += [name for name, _ in names_of(node.get("publisher"), signs.by_id)]
        if types_of(node) & {"organization", "newsmediaorganization", "website"}:
            names.append(text_of(node.get("name")))
    host = host_of(signs.url or "").removeprefix("www.")
    names += [host, host.split(".")[0], host.rpartition(".")[0]]
    return frozenset(key for name in names if (key := folded(clean_text(name))) and "facebook" not in key)


def page_dek(signs: Signs) -> str | None:
    """Return a page's own description, None where it has none."""
    text = clean_text(text_of(signs.article.get("description")) or signs.meta(*DEK_METAS))
    return text or None


def raw_dates(signs: Signs, *, names: tuple[str, ...], metas: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return (string, source) of what JSON-LD and metas say of a date, best first."""
    found = [(text_of(signs.article.get(name)), "json_ld") for name in names]
    found += [(value, "meta") for meta in metas for value in signs.metas.get(meta, ())]
    found += [(text_of(node.get(name)), "json_ld") for node in signs.nodes if types_of(node) & {"webpage", "videoobject"} for name in names]
    return [(value, source) for value, source in found if value]


def path_of(url: str | None) -> str:
    """Return the path of a URL, "" where there is none."""
    return urlsplit(url).path if url else ""
