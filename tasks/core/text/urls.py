"""URLs as keys: one normal form, one site. Knows RFC 3986 and the tracking parameters it is given.

It does not resolve redirects, and it does not know which parameters a site needs unless the table says so.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, quote, unquote, urlsplit, urlunsplit

import idna
from publicsuffixlist import PublicSuffixList

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_PORT_DIGITS = 5
SAFE_IN_PATH = "/:@!$&'()*+,;=~-._"  # RFC 3986 section 3.3: pchar and the slash
INDEX_PAGES = frozenset({"index.html", "index.htm", "index.php", "default.aspx"})
SITES_REMEMBERED = 50_000  # hosts: one entry is about 200 bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingParameters:
    """Query parameters that say who sent a reader, not what is read. From seeds/tracking_parameters.csv."""

    version: str
    names: frozenset[str]
    prefixes: tuple[str, ...]

    def has(self, name: str) -> bool:
        lowered = name.lower()
        return lowered in self.names or lowered.startswith(self.prefixes)


@lru_cache(maxsize=1)
def _public_suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def host_of(url: str) -> str:
    """Return the lower-case host in ASCII form, as browsers make it (UTS 46), "" where the URL has none."""
    try:
        host = (urlsplit(url.strip()).hostname or "").rstrip(".")
    except ValueError:
        return ""
    if host.isascii():
        return host
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except UnicodeError:  # idna's own errors among them
        return host


def site_of(url: str) -> str:
    """Return the registrable domain of a URL's host: what one owner holds; "" where the URL has no host.

    Source       publicsuffix.org, as shipped by the package publicsuffixlist
    """
    return _site_of_host(host_of(url))


@lru_cache(maxsize=SITES_REMEMBERED)
def _site_of_host(host: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return str(_public_suffixes().privatesuffix(host) or host)
    return host


def is_root(url: str) -> bool:
    """Tell whether a URL is a site's front page and so says nothing of an article."""
    parts = urlsplit(url)
    path = parts.path.strip("/").lower()
    return (path == "" or path in INDEX_PAGES) and not parts.query


@lru_cache(maxsize=64)  # one record asks several times
def is_web_url(url: str) -> bool:
    """Tell whether this is an absolute http or https URL with a host."""
    try:
        parts = urlsplit(url.strip())
        return parts.scheme.lower() in DEFAULT_PORTS and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets that do not pair, a port that is no number below 65,536
        return False


def normalized_url(url: str, tracking: TrackingParameters) -> str:
    """Return the form of a URL that two addresses of one page share. Idempotent.

    Scheme https, host in lower-case ASCII without "www.", no default port, no fragment, no tracking parameters,
    the others sorted; percent-encoding in one spelling; no slash at the end.
    Source       RFC 3986 section 6.2
    """
    parts = urlsplit(url.strip())
    host = host_of(url).removeprefix("www.")
    port = _port(parts.netloc, parts.scheme)
    pairs = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not tracking.has(k)]
    query = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted(pairs))
    path = quote(unquote(_dotless(parts.path), errors="surrogateescape"), safe=SAFE_IN_PATH, errors="surrogateescape")
    return urlunsplit(("https", f"{host}:{port}" if port else host, path.rstrip("/"), query, ""))


def _port(netloc: str, scheme: str) -> str:
    tail = netloc.rpartition("@")[2].rpartition("]")[2].rpartition(":")[2]
    if not (tail.isascii() and tail.isdigit() and len(tail) <= MAX_PORT_DIGITS) or int(tail) == DEFAULT_PORTS.get(scheme.lower()):
        return ""
    return "" if int(tail) in DEFAULT_PORTS.values() else str(int(tail))


def _dotless(path: str) -> str:
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[: max(1, len(kept) - 1)]
        elif part != ".":
            kept.append(part)
    return "/".join(kept)
