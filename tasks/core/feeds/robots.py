"""What a site's robots.txt lets us do: RFC 9309, read as Google's parser reads it where people write it wrongly.

Which lines concern us is decided here; whether a path matches a rule is decided by the package protego. It does not fetch anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import quote, urlsplit

from protego import Protego

from tasks.core.feeds.caching import MAX_RETRY_S, retry_after_s
from tasks.core.feeds.records import Answer, NoAnswer, RobotsRules

PRODUCT = "copydesk"  # our token, as the User-Agent begins: letters, "_" and "-" (RFC 9309 section 2.2.1)
KEPT_S = 86_400  # RFC 9309 section 2.4
RETRY_S = 3_600  # after what closed a site by mishap; the feeds of the site wait as long
MAX_BYTES = 500 << 10  # RFC 9309 section 2.5: a reader must take at least so much
MAX_LINE_BYTES = 2_083 * 8 - 1  # Google's parser reads no further in a line (robots.cc)
FILES_REMEMBERED = 64
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))

LINE_END = re.compile(rb"\r\n?|\n")
NUMBER = re.compile(rb"\d{1,6}(?:\.\d{0,3})?")
PRODUCT_TOKEN = re.compile(rb"[A-Za-z_-]*")
AGENT_KEY = rb"user[- ]?agent"
DISALLOW_KEYS = rb"disallow|dissallow|dissalow|disalow|diaslow|diasllow|disallaw"  # as people misspell it (robots.cc)
DIRECTIVE = re.compile(
    rb"\s*(?:(?P<agent>" + AGENT_KEY + rb")|(?P<allow>allow)|(?P<disallow>" + DISALLOW_KEYS + rb")|(?P<delay>crawl-delay))"
    rb"(?:\s*:\s*(?P<value>.*)|\s+(?P<word>\S+)\s*)",
    re.IGNORECASE | re.DOTALL,
)


def robots_origin(url: str) -> str:
    """Return the scheme, host and port for which one robots.txt speaks."""
    parts = urlsplit(url)
    return f"{parts.scheme.lower()}://{parts.netloc.rpartition('@')[2].lower()}"


def robots_rules(origin: str, answer: Answer | NoAnswer, *, now: datetime, product: str = PRODUCT) -> RobotsRules:
    """Return what the answer to GET origin/robots.txt lets us do, and for how long that holds.

    2xx is read; 4xx: there are no rules; everything else closes the site: 5xx, 429, no answer, more than MAX_BYTES.
    Source       RFC 9309 section 2.3.1; 429 as Google reads it, for it asks for fewer requests
    """
    if isinstance(answer, NoAnswer):
        return _without_lines(origin, "none", f"robots.txt: no answer ({answer.reason})", now + timedelta(seconds=RETRY_S))
    if 400 <= answer.status < 500 and answer.status != 429:
        return _without_lines(origin, "all", f"robots.txt: HTTP {answer.status}", now + timedelta(seconds=KEPT_S))
    if not 200 <= answer.status < 300:
        retry_s = max(RETRY_S, retry_after_s(answer.headers, now=now) or 0)
        return _without_lines(origin, "none", f"robots.txt: HTTP {answer.status}", now + timedelta(seconds=retry_s))
    if len(answer.body) > MAX_BYTES:
        return _without_lines(origin, "none", f"robots.txt: more than {MAX_BYTES} bytes", now + timedelta(seconds=KEPT_S))
    lines, crawl_delay_s = _our_group(answer.body, product)
    return RobotsRules(origin=origin, access="rules", lines=lines, crawl_delay_s=crawl_delay_s,
                       why="robots.txt: rules read", expires_at=now + timedelta(seconds=KEPT_S))  # fmt: skip


def is_current(rules: RobotsRules, *, now: datetime) -> bool:
    """Tell whether the rules still hold. What holds longer than any answer can make it was kept by a clock that was ahead."""
    return now < rules.expires_at <= now + timedelta(seconds=MAX_RETRY_S)


def is_allowed(rules: RobotsRules, url: str) -> bool:
    """Tell whether the rules let us ask for a URL of their origin; robots.txt itself always may be asked for.

    url          percent-encoded or not: both are compared in one spelling (RFC 9309 section 2.2.2)
    """
    if rules.access == "rules":
        return bool(_matcher(rules.lines).can_fetch(url, PRODUCT))
    return rules.access == "all" or urlsplit(url).path == "/robots.txt"


def _without_lines(origin: str, access: str, why: str, expires_at: datetime) -> RobotsRules:
    return RobotsRules(origin=origin, access=access, lines="", crawl_delay_s=0.0, why=why, expires_at=expires_at)


@lru_cache(maxsize=FILES_REMEMBERED)
def _matcher(lines: str) -> Protego:
    return Protego.parse("user-agent: *\n" + lines)


def _our_group(body: bytes, product: str) -> tuple[str, float]:
    """Return the rules of all groups that name us, else of those for everybody, one a line; and the longest Crawl-delay among them.

    A group is a run of user-agent lines and the rules after it; lines that are neither stand in nobody's way.
    """
    found: dict[str, list[tuple[str, bytes]]] = {}
    agents: set[str] = set()
    in_rules = False
    for key, value in _directives(body):
        if key == "agent":
            agents = set() if in_rules else agents
            in_rules = False
            if name := _agent(value, product):
                agents.add(name)
                found.setdefault(name, [])
            continue
        in_rules = in_rules or key != "delay"
        for name in agents:
            found[name].append((key, value))
    ours = found.get(product.lower(), found.get("*", []))
    delays = [float(value) for key, value in ours if key == "delay" and NUMBER.fullmatch(value)]
    return "".join(f"{key}: {quote(value, safe=PRINTABLE)}\n" for key, value in ours if key != "delay" and value), max(delays, default=0.0)


def _directives(body: bytes) -> Iterator[tuple[str, bytes]]:
    for line in LINE_END.split(body.lstrip(b"\xef\xbb\xbf")):
        found = DIRECTIVE.fullmatch(line[:MAX_LINE_BYTES].partition(b"#")[0])
        if found:
            key = next(name for name in ("agent", "allow", "disallow", "delay") if found[name] is not None)
            yield key, (found["word"] or found["value"] or b"").strip()


def _agent(value: bytes, product: str) -> str | None:
    """Return "*" or our product where a user-agent line means one of them: its first word counts, up to what no token may hold."""
    if value == b"*" or (value[:1] == b"*" and value[1:2].isspace()):
        return "*"
    token = PRODUCT_TOKEN.match(value)
    return product.lower() if token and token[0] and token[0].decode("ascii").lower() == product.lower() else None
