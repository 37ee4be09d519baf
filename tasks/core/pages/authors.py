"""Who wrote a page: JSON-LD, then metas, then the bylines that it prints. Persons before desks and agencies."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.core.pages.json_ld import names_of
from tasks.core.pages.signs import Signs
from tasks.core.pages.votes import clean_text, site_names
from tasks.core.text.bylines import author_names, desk_name, is_person, printed_names
from tasks.core.text.folds import folded

AUTHOR_METAS = ("author", "parsely-author", "sailthru.author", "article:author_name", "dc.creator", "dcterms.creator", "dc.creator.creator",
                "citation_author", "creator", "byl", "article:author", "og:author", "article.author", "cxenseparse:author")  # fmt: skip
MAX_FIELD_CHARS = 2_000  # characters of an author field: as of a meta
INVERTED_METAS = frozenset({"citation_author"})  # "Roy, Aniruddha"; source: scholar.google.com/intl/en/scholar/inclusion.html


def page_authors(signs: Signs, printed: Iterable[str]) -> tuple[str, ...]:
    """Return who wrote a page.

    printed      bylines as the page prints them, best first; asked only where the markup names no person
    """
    sites = site_names(signs)
    stated, organizations = _stated(signs)
    names = author_names(stated, not_authors=sites) or _from_metas(signs, sites)
    if names:
        return names
    return next(filter(None, (_said(line, sites) for line in printed)), ()) or tuple(
        name for name in organizations[:1] if folded(name) not in sites
    )


def _said(line: str, sites: frozenset[str]) -> tuple[str, ...]:
    names = tuple(name for name in printed_names(line) if folded(name) not in sites or is_person(name))
    desk = desk_name(line)
    return names or ((desk,) if desk and folded(desk) not in sites else ())


def _stated(signs: Signs) -> tuple[list[str], list[str]]:
    persons: list[str] = []
    organizations: list[str] = []
    for name, kind in names_of(signs.article.get("author") or signs.article.get("creator"), signs.by_id):
        (organizations if "organization" in kind else persons).append(clean_text(name[:MAX_FIELD_CHARS]))
    return persons, organizations


def _from_metas(signs: Signs, sites: frozenset[str]) -> tuple[str, ...]:
    for meta in AUTHOR_METAS:
        values = [clean_text(value) for value in signs.metas.get(meta, ())]
        if meta in INVERTED_METAS:
            values = [" ".join(reversed(value.split(", "))) if value.count(", ") == 1 else value for value in values]
        names = author_names(values, not_authors=sites)
        if names:
            return names
    return ()
