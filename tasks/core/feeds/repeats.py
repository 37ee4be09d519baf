"""What is odd about an entry among the others of its response, as flags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import replace

from tasks.core.feeds.dates import is_bad
from tasks.core.feeds.records import Entry
from tasks.core.feeds.source import REPLACEMENT


def noted(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return entries with their flags.

    no_guid, no_url, bad_date, bad_characters   what the entry lacks or holds
    guid_repeated, url_repeated                 another entry of the response has the same, and is not the same
    """
    entries = tuple(entries)
    guids = ambiguous((entry.guid, (entry.url, words(entry))) for entry in entries)
    urls = ambiguous((entry.url, (entry.guid, words(entry))) for entry in entries)
    return tuple(replace(entry, flags=(*entry.flags, *_flags(entry, guids, urls))) for entry in entries)


def ambiguous(named: Iterable[tuple[Hashable, Hashable]]) -> frozenset[Hashable]:
    """Return the names that stand for more than one thing; None is no name."""
    things: defaultdict[Hashable, set[Hashable]] = defaultdict(set)
    for name, thing in named:
        things[name].add(thing)
    return frozenset(name for name, meant in things.items() if name is not None and len(meant) > 1)


def words(entry: Entry) -> tuple[str, ...]:
    """Return what an entry says, apart from its address, its GUID and its dates."""
    return (entry.title or "", entry.summary or "", entry.content or "")


def _flags(entry: Entry, guids: frozenset[Hashable], urls: frozenset[Hashable]) -> tuple[str, ...]:
    found = {
        "no_guid": entry.guid is None,
        "no_url": entry.url is None,
        "bad_date": any(is_bad(candidate) for candidate in entry.dates),
        "bad_characters": any(REPLACEMENT in text for text in words(entry)),
        "guid_repeated": entry.guid in guids,
        "url_repeated": entry.url in urls,
    }
    return tuple(flag for flag, is_so in found.items() if is_so)
