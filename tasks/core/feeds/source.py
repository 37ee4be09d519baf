"""A feed's bytes as text that a parser may see: decoded once, no document type, no character that XML forbids.

Cutting off all that stands before the root element leaves no entity to expand and no file to ask for, and cures leading
white space, warnings of scripts and broken declarations. Shared by feeds, OPML and sitemaps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasks.core.feeds.records import Unparsed
from tasks.core.http_message import media_type
from tasks.core.pages.decode import CONTROLS, decoded, is_binary, sound_source

MAX_BODY_BYTES = (
    32 * 1024 * 1024
)  # bytes; the largest of 100 real feeds has 2.5 million, the longest sitemap allowed 50 MB before it is split
XML_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
UTF_32 = (
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\x00<", "utf-32-be"),
    (b"<\x00\x00\x00", "utf-32-le"),
)
PROLOG_BYTES = 512  # bytes in which an XML declaration stands
PROLOG_CHARSET = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']\s*([\w.:-]{2,40})")
ELEMENT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
SUBSET_END = re.compile(r"\]\s*>")
NUL_SHARE = 0.2  # of the bytes: UTF-16 and UTF-32 of Western text have a half or more
REPLACEMENT = "\ufffd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A document from its root element on.

    text    no XML declaration, no document type; "" where there is no element (then `start` tells what there is)
    root    the root element's local name in lower case, "" where there is none
    start   how the decoded body begins, white space stripped, for telling JSON from the rest
    whole   all of the decoded body
    flags   "bad_bytes", "control_characters"
    """

    text: str
    root: str
    whole: str
    flags: tuple[str, ...]


def source_of(body: bytes, *, content_type: str | None) -> Source | Unparsed:
    """Return a body as text, or why it is none: "empty", "too_large", "not_a_feed" for what is binary."""
    if len(body) > MAX_BODY_BYTES:
        return Unparsed(reason="too_large", detail=f"{len(body)} bytes, at most {MAX_BODY_BYTES} are read")
    wide = next((name for mark, name in UTF_32 if body.startswith(mark)), None)
    if wide:
        body = body.decode(wide, errors="replace").encode("utf-8", "replace")
    if is_binary(body):
        return Unparsed(reason="not_a_feed", detail="the body is binary")
    decoded_body = decoded(body, charset_of(body, content_type))
    whole = sound_source(decoded_body).strip("\ufeff \t\r\n")
    if not whole:
        return Unparsed(reason="empty", detail="the body holds no character")
    text, root = _from_root(whole)
    return Source(text=text, root=root, whole=whole, flags=_flags(body, decoded_body))


def charset_of(body: bytes, content_type: str | None) -> str | None:
    """Return the charset to read a body in: UTF-8 if nearly all of it is, else as XML or HTTP declare, None to detect it.

    A declared UTF-8 counts for nothing where the bytes deny it, and one stray byte makes no other charset of UTF-8.
    """
    prolog = PROLOG_CHARSET.search(body[:PROLOG_BYTES])
    declared = [label for label in (prolog[1].decode("ascii") if prolog else None, media_type(content_type)[1]) if label]
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", errors="replace")
        broken = text.count(REPLACEMENT)
        if broken <= len(text) - len(text.encode("ascii", "ignore")) - broken:
            return "utf-8"
        return next((label for label in declared if label.lower().replace("_", "-") not in ("utf-8", "utf8", "us-ascii", "ascii")), None)
    return declared[0] if declared else "utf-8"


def _flags(body: bytes, text: str) -> tuple[str, ...]:
    is_wide = body.count(0) > NUL_SHARE * len(body)
    has_controls = not is_wide and len(body.translate(None, CONTROLS)) < len(body)
    found = {
        "bad_bytes": REPLACEMENT in text and b"\xef\xbf\xbd" not in body,
        "control_characters": has_controls or sound_source(text) != text.replace("\f", " "),
    }
    return tuple(flag for flag, is_so in found.items() if is_so)


def _from_root(text: str) -> tuple[str, str]:
    """Return a document from its root element on, and that element's local name; every step is one search forward."""
    last_comment = text.rfind("-->")
    at = text.find("<")
    while at >= 0:
        found = ELEMENT.match(text, at)
        if found:
            return text[at:], found[1].lower()
        if text.startswith("<!--", at) and at < last_comment:
            at = text.find("-->", at)
        elif text[at : at + 9].upper() == "<!DOCTYPE":
            at = _doctype_end(text, at)
        at = text.find("<", at + 1) if at >= 0 else at
    return "", ""


def _doctype_end(text: str, at: int) -> int:
    """Return where a document type ends, its internal subset included; -1 where it does not."""
    close = text.find(">", at)
    bracket = text.find("[", at, close)
    if bracket < 0:
        return close
    end = SUBSET_END.search(text, bracket)
    return end.start() if end else -1
