"""Ids: 128 bits of SHA-256 in hex over what a thing is made of. Nothing random, so the same input gives the same ids."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from datetime import datetime, timezone

from tasks.core.records import Reject

SEPARATOR = "\x1f"  # ASCII unit separator: cannot stand in a URL, a digest or a time
ID_DIGITS = 32


def id_of(*parts: str) -> str:
    """Return 32 hex digits over the parts, in order."""
    return hashlib.sha256(SEPARATOR.join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:ID_DIGITS]


def payload_digest(payload: bytes) -> str:
    """Return the digest of a payload as WARC writes one: `sha256:` and 64 hex digits."""
    return "sha256:" + hashlib.sha256(payload).hexdigest()


def iso_utc(at: datetime) -> str:
    """Return an aware time as ISO 8601 in UTC, microseconds only where it has some."""
    return at.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


def capture_id(target_uri: str, digest: str, captured_at: datetime) -> str:
    return id_of("capture", target_uri, digest, iso_utc(captured_at))


def article_id(key: str) -> str:
    """Return the id of the article at a normalized URL, or of an input without one at its urn:copydesk: target."""
    return id_of("article", key)


def version_id(article: str, title: str | None, text: str) -> str:
    return id_of("version", article, normalized_text(title or ""), normalized_text(text))


def reject_id(target_uri: str, reject: Reject) -> str:
    """Return the id of a refusal: of what was declined, at which stage and why."""
    return id_of("reject", reject.capture_id or target_uri, reject.stage, reject.reason, reject.detail or "")


def normalized_text(text: str) -> str:
    """Return a text without what printing changes: Unicode form, case of nothing, runs of white space."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def target_urn(*, outlet: str | None, source_id: str | None, digest: str) -> str:
    """Return the target URI in raw of an input without a URL; never a path.

    outlet and id   make it, if both are given; else the outlet (or none) and the payload's digest
    """
    if outlet and source_id:
        return "urn:copydesk:" + id_of("input", outlet, source_id)
    return "urn:copydesk:" + id_of("payload", outlet or "", digest)


def record_urn(hex_id: str) -> str:
    """Return a WARC record id made of one of our ids, so that the same capture writes the same bytes."""
    return f"urn:uuid:{uuid.UUID(hex_id)}"
