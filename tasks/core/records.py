"""The records that travel between stages: frozen, dull, and derived from nothing else.

Times are aware UTC. None means unknown. Texts are Unicode as printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """What we knew of a response that we asked for ourselves.

    kind         page, feed, sitemap or robots, whatever its media type says
    feed_url     the feed that it is of, or was announced by; None for robots
    hops         (URL, status) of every request on the way, the last one included
    """

    kind: str
    feed_url: str | None = None
    hops: tuple[tuple[str, int], ...] = ()

    @property
    def final_url(self) -> str | None:
        return self.hops[-1][0] if self.hops else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What came beside a page: a JSON line, a sidecar, an option. Used where the page itself is silent."""

    source_id: str | None = None
    outlet: str | None = None
    title: str | None = None
    dek: str | None = None
    authors: tuple[str, ...] = ()
    published: str | None = None  # ISO 8601 of any precision, as given
    language: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    polled: Polled | None = None

    @property
    def source(self) -> str:
        """Where it comes from, as published_source names it: a feed, or whoever loaded the page."""
        return "feed" if self.polled else "given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One payload as it was received: where from, when, and where it lies in raw."""

    capture_id: str
    kind: str
    url: str | None  # None where the input had none; raw then holds a urn:copydesk: target
    final_url: str | None
    target_uri: str
    source_id: str | None
    outlet: str | None
    media_type: str | None
    http_status: int | None
    body_bytes: int
    digest: str
    segment: str
    segment_no: int
    record_no: int
    segment_offset: int | None
    is_time_given: bool
    extra: str | None  # JSON
    captured_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One payload on its way into raw.

    block        the payload, or a whole HTTP message where is_http
    target_uri   the URL, else urn:copydesk: and a hash
    captured_at  None: the clock's time when its segment was begun
    is_clock     whether captured_at is our own clock's, too
    digest       of the payload, where it was worked out before
    """

    url: str | None
    target_uri: str
    source_id: str | None
    content_type: str | None
    is_http: bool = False
    block: bytes
    given: Given
    captured_at: datetime | None = None
    is_clock: bool = False
    digest: str | None = None

    @property
    def is_time_given(self) -> bool:
        return self.captured_at is not None and not self.is_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """An input that cannot be captured. `line` is what was read of it, kept for a later look."""

    target_uri: str
    reject: Reject
    line: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRecord:
    """A capture as raw holds it. The body is block[body_from:], not yet freed of its transfer and content encodings."""

    capture: Capture
    given: Given
    content_type: str | None
    block: bytes
    body_from: int = 0


BODY_TYPES = frozenset({"paragraph", "heading", "list_item", "quote", "table", "live_entry_heading"})
BESIDE_TYPES = frozenset(
    [
        "title",
        "dek",
        "byline",
        "dateline",
        "caption",
        "photo_credit",
        "promo",
        "summary_bullet",
        "contributor_line",
        "republication_credit",
        "comment_prompt",
        "embedded_tweet",
        "video",
        "junk",
    ]
)
PARAGRAPH_JOINT = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One typed piece of an article, in the order of the page.

    type   one of BODY_TYPES: part of Article.text. Or one of BESIDE_TYPES: kept, and no part of it
    text   never holds a blank line: paragraphs of Article.text are its blocks
    """

    type: str
    text: str
    entry_no: int | None = None  # which entry of a live blog, from 1

    @property
    def is_body(self) -> bool:
        return self.type in BODY_TYPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """What one page or text says of itself. `text` is its body blocks joined by blank lines."""

    url: str | None
    declared_canonical_url: str | None = None
    site: str | None = None
    title: str | None = None
    dek: str | None = None
    authors: tuple[str, ...] = ()
    agency: str | None = None
    agency_evidence: str | None = None
    dateline_place: str | None = None
    dateline_date: date | None = None
    republished_from: str | None = None
    contributors: tuple[str, ...] = ()
    language: str | None = None
    blocks: tuple[Block, ...] = ()
    is_live_blog: bool = False
    published_at: datetime | None = None  # None if only a day is known
    published_date: date | None = None  # in the page's own zone
    published_raw: str | None = None
    published_source: str | None = None
    modified_at: datetime | None = None

    @property
    def text(self) -> str:
        return PARAGRAPH_JOINT.join(block.text for block in self.blocks if block.is_body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject:
    """A declined input, with a short stable reason that a view can count."""

    stage: str
    reason: str
    detail: str | None = None
    url: str | None = None
    source_id: str | None = None
    capture_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One proving stretch: characters [from, to) of a block in each of two versions."""

    block_a: int
    from_a: int
    to_a: int
    block_b: int
    from_b: int
    to_b: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a comparison of two versions said. Reads from b to a: b is a copy of a."""

    version_a: str
    version_b: str
    article_a: str
    article_b: str
    relation: str
    rule: str
    is_merging: bool
    is_ordered: bool
    share_of_a: float
    share_of_b: float
    anchor_share: float | None
    unquoted_words: int
    passages: tuple[Passage, ...]
