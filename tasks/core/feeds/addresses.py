"""Where a request may go: the form of its URL, and the rule for the address behind it.

The rule for URLs refuses what is no plain http or https URL; the rule for addresses is asked again at every connect, because only there is
it known which address a name stands for. Nothing here resolves names.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

import idna

from tasks.core.errors import SettingsError

SCHEMES = frozenset({"http", "https"})
SAFE_IN_PATH = "/:@!$&'()*+,;=%[]|~-._"  # sent as given, the rest percent-encoded, as browsers do (WHATWG URL section 1.3)
SAFE_IN_QUERY = SAFE_IN_PATH + "?^`{}\\"
MAX_URL_CHARS = 8_000  # RFC 9110 section 4.1 asks servers for 8,000 octets
MAX_HOST_CHARS, MAX_LABEL_CHARS = 253, 63  # RFC 1035 section 2.3.4
HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # WHATWG URL, "ends in a number": such a host is an IPv4 address, whatever its form

# IANA's special-purpose registry for IPv4, but for what is reachable from everywhere; and multicast, what is reserved, the 6to4 relays
# and the one public address that is a metadata service (Azure).
NOT_PUBLIC_V4 = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
# Global unicast is all that is given out of IPv6: mapped, compatible, NAT64, local and multicast addresses lie outside of it. Inside lie
# protocol assignments with Teredo, 6to4, and documentation.
GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
NOT_PUBLIC_V6 = tuple(ipaddress.IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))

# Ports of other protocols, to which no browser speaks HTTP: Fetch Standard, section "Port blocking".
BLOCKED_PORTS = frozenset(
    [0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111, 113, 115, 117,
     119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636,
     989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080]
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What can be asked for. `url`: ASCII, without fragment, its path and query as given; `host`: in canonical form."""

    url: str
    host: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a URL is not asked for. `reason`: scheme or address, as in NoAnswer."""

    reason: str
    detail: str


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the open internet; what is no address in its usual form is none."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in block for block in NOT_PUBLIC_V4)
    return ip in GLOBAL_V6 and not any(ip in block for block in NOT_PUBLIC_V6)


@lru_cache(maxsize=1_024)  # asked twice for each request of a host
def canonical_host(host: str) -> str:
    """Return a host in lower-case ASCII without brackets and final dot: what two spellings of one host share; "" where it is none.

    Source       WHATWG URL section 3.5, less lenient: a number stands for an IPv4 address only as four decimals
    """
    try:
        if ":" in host:
            return "" if "%" in host else str(ipaddress.IPv6Address(host.strip("[]")))
        name = (host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")).lower().removesuffix(".")
        if NUMBER.fullmatch(name.rpartition(".")[2]):
            return str(ipaddress.IPv4Address(name))
    except ValueError:  # IDNAError is one
        return ""
    if len(name) > MAX_HOST_CHARS or any(len(label) > MAX_LABEL_CHARS for label in name.split(".")):
        return ""
    return name if HOST_NAME.fullmatch(name) else ""


def request_target(url: str, *, base: str | None = None, allow_hosts: Collection[str] = ()) -> Target | Refusal:
    """Return what to ask for, or why not.

    base           the URL that a redirect to `url` was met at
    allow_hosts    canonical hosts that may have any address
    """
    try:
        parts = urlsplit(url.strip())
        if base and not parts.scheme:
            parts = urlsplit(urljoin(base, url.strip()))
        host, port = parts.hostname or "", parts.port
        path = quote(parts.path, SAFE_IN_PATH, errors="surrogateescape")
        query = quote(parts.query, SAFE_IN_QUERY, errors="surrogateescape")
    except ValueError as error:  # brackets that do not pair, a port that is no number below 65,536, half a surrogate pair
        return Refusal(reason="address", detail=str(error))
    if parts.scheme not in SCHEMES:
        return Refusal(reason="scheme", detail=f"{parts.scheme or 'no scheme'}, not http or https")
    if "@" in parts.netloc:
        return Refusal(reason="address", detail="a user name or password before the host")
    name = canonical_host(host)
    if not name:
        return Refusal(reason="address", detail=f"{host[:MAX_HOST_CHARS]!r} is no host" if host else "no host")
    if port in BLOCKED_PORTS:
        return Refusal(reason="address", detail=f"port {port} is not for HTTP")
    if name not in allow_hosts and _is_address(name) and not is_public(name):
        return Refusal(reason="address", detail=f"{name} is no public address")
    netloc = f"[{name}]" if ":" in name else name
    target = urlunsplit((parts.scheme, netloc if port is None else f"{netloc}:{port}", path or "/", query, ""))
    if len(target) > MAX_URL_CHARS:
        return Refusal(reason="address", detail=f"a URL of {len(target):,} characters")
    return Target(url=target, host=name)


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


def resolved_hosts(resolve: Collection[str]) -> dict[str, tuple[str, int]]:
    """Return (address, port) by canonical host from "host=address:port"; an IPv6 address stands in brackets.

    Raises       SettingsError for one that says something else
    """
    found: dict[str, tuple[str, int]] = {}
    for text in resolve:
        host, _, place = text.partition("=")
        address, _, port = place.rpartition(":")
        name, ip = canonical_host(host.strip()), canonical_host(address.strip())
        if not name or not _is_address(ip) or not (port.isascii() and port.isdigit() and 0 < int(port) < 1 << 16):
            raise SettingsError(f"resolve: {text!r} is not host=address:port, e.g. news.example=127.0.0.1:8080")
        found[name] = (ip, int(port))
    return found
