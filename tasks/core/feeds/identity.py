"""Which entry an entry is: the same over polls, whatever its feed does to GUIDs, and different where it says something else.

The address comes first: GUIDs are reused (all stories of a feed under one) and change (a new one at every poll), and an address
that leads elsewhere is another page anyway. Its scheme, tracking parameters and their order do not count. The GUID decides
where there is no address of the entry's own: none at all, the site's front page, or one that entries share which differ.
Not known here: that two addresses are one page. The page's own final URL tells, when it has been fetched.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

from tasks.core.feeds.records import Entry
from tasks.core.feeds.repeats import ambiguous, words
from tasks.core.ids import id_of, normalized_text
from tasks.core.text.urls import TrackingParameters, is_root, is_web_url, normalized_url

Key = tuple[str, ...]


def entry_ids(feed_id: str, entries: Sequence[Entry], tracking: TrackingParameters) -> tuple[str, ...]:
    """Return the id of each entry of one response, in its order: 32 hex digits.

    Two have the same one only if they say the same. Dates are no part of it: an entry that is dated again is the same one.
    An entry that shares its address with others has another id than it has alone: a feed that does so does it always.
    """
    said = [tuple(map(normalized_text, words(entry))) for entry in entries]
    addresses = [_own_address(entry, tracking) for entry in entries]
    shared = ambiguous(zip(addresses, said, strict=True))
    keys = [_key(entry, address, tracking, is_shared=address in shared) for entry, address in zip(entries, addresses, strict=True)]
    unclear = ambiguous(zip(keys, said, strict=True))
    return tuple(id_of("entry", feed_id, *key, *(text if key in unclear else ())) for key, text in zip(keys, said, strict=True))


def _key(entry: Entry, address: str | None, tracking: TrackingParameters, *, is_shared: bool) -> Key:
    if address and not is_shared:
        return ("url", address)
    if entry.guid:
        return ("guid", _address(entry.guid, tracking) or normalized_text(entry.guid), address or "")
    if address:
        return ("url", address)
    if entry.title:
        return ("title", normalized_text(entry.title))
    if entry.summary or entry.content:
        return ("words", normalized_text(entry.summary or ""), normalized_text(entry.content or ""))
    return ("dates", *(candidate.raw for candidate in entry.dates))


def _own_address(entry: Entry, tracking: TrackingParameters) -> str | None:
    """Return an entry's address where it may be its own: not the front page of a site."""
    if entry.url is None or (is_root(entry.url) and not urlsplit(entry.url).fragment):
        return None
    return _address(entry.url, tracking)


def _address(url: str, tracking: TrackingParameters) -> str | None:
    """Return a normalized address with its fragment, which tells the posts of a live blog apart; None where it is none."""
    if not is_web_url(url):
        return None
    fragment = urlsplit(url.strip()).fragment
    is_tracking = all(tracking.has(name) for name, _ in parse_qsl(fragment)) and "=" in fragment
    return normalized_url(url, tracking) + (f"#{fragment}" if fragment and not is_tracking else "")
