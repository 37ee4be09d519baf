"""The index of copies in the warehouse: what of it a batch can touch is loaded once, compared in memory, and written back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.core.copies.candidates import best_candidates, shingle_weights
from tasks.core.copies.shingle_index import POSTINGS_PER_SHINGLE, Document, Postings, ShingleIndex
from tasks.core.copies.tokens import Tokens, read_tokens
from tasks.core.records import PARAGRAPH_JOINT
from tasks.warehouse import Warehouse, time_of

# The window is for the few shingles that need it: over all of them it takes ten times as long as the rest.
POSTINGS_SQL = f"""
with found as materialized (
    select
        postings.shingle,
        postings.document_no,
        coalesce(story_aliases.story_id, postings.counted_story_id) as counted_story_id,
    from store.postings as postings
    inner join asked on asked.shingle = postings.shingle
    inner join store.documents as documents on documents.document_no = postings.document_no
    left join store.story_aliases as story_aliases on story_aliases.old_story_id = postings.counted_story_id
    where
        postings.document_no between $first and $last
        and documents.compared_at between $since and $until
),

frequent as (
    select shingle
    from found
    group by shingle
    having count(*) > {POSTINGS_PER_SHINGLE}
)

select * from found anti join frequent using (shingle)
union all
select * from found semi join frequent using (shingle)
qualify row_number() over (partition by shingle order by document_no desc) <= {POSTINGS_PER_SHINGLE}
"""

DOCUMENTS_SQL = """
select
    documents.document_no,
    documents.version_id,
    documents.article_id,
    documents.outlet,
    documents.is_dated,
    documents.is_day_known,
    epoch_us(documents.compared_at),
    members.story_id,
from store.documents as documents
inner join asked on asked.document_no = documents.document_no
inner join store.members as members on members.article_id = documents.article_id
where documents.document_no between $first and $last
"""

BODY_BLOCKS_SQL = """
select
    documents.version_id,
    documents.body_blocks,
from store.documents as documents
inner join asked on asked.document_no = documents.document_no
where documents.document_no between $first and $last
"""

NO_POSTINGS = Postings(shingles=np.zeros(0, np.uint64), holders=np.zeros(0, np.int32), version_ids=(), story_ids=())

KEPT_TEXTS = 512  # equal texts share their tokens, from batch to batch too: 15 MB of articles
KEPT_CHARACTERS = 16_384  # of a text; what is longer is rare and large


class ShingleStore:
    """The stored index around the times of one batch, and the texts of what is compared."""

    def __init__(self, warehouse: Warehouse, *, since: datetime, until: datetime, window_days: int) -> None:
        self._warehouse = warehouse
        self._range = {"since": _moved(since, -window_days), "until": _moved(until, window_days)}
        first, last = warehouse.rows(
            "select min(document_no), max(document_no) from store.documents where compared_at between $since and $until", self._range
        )[0]
        self._numbers = {"first": first or 0, "last": last or 0}
        self._tokens: dict[str, Tokens] = {}
        self._version_of: dict[int, str] = {}  # by document number
        self._number_of: dict[str, int] = {}  # the other way
        self.index = ShingleIndex(window_days=window_days)

    def keep(self, version_id: str, tokens: Tokens) -> None:
        """Remember the tokens of a newcomer."""
        self._tokens[version_id] = tokens

    def tokens_of(self, version_id: str) -> Tokens:
        """Return the tokens of a version, read from its text where they are not at hand."""
        if version_id not in self._tokens:
            self.fetch_texts([version_id])
        return self._tokens[version_id]

    def postings_of(self, shingles: list[int]) -> Postings:
        """Return who holds these shingles within the window, oldest first; holders are made known to the index."""
        if not self._numbers["last"]:
            return NO_POSTINGS
        self._warehouse.give("asked", pa.table({"shingle": pa.array(np.asarray(shingles, np.uint64))}))
        found = self._warehouse.columns(POSTINGS_SQL, {**self._range, **self._numbers})
        numbers, versions = _distinct(found["document_no"])
        stories, counted = _distinct(found["counted_story_id"])  # None is one of them
        holders, places = _distinct(pa.array(versions.astype(np.int64) * len(stories) + counted))
        order = np.argsort(found["document_no"].to_numpy(), kind="stable")
        self._meet(set(numbers) - self._version_of.keys())
        pairs = [divmod(holder, len(stories)) for holder in holders]
        return Postings(
            shingles=found["shingle"].to_numpy()[order],
            holders=places[order],
            version_ids=[self._version_of[numbers[version]] for version, _ in pairs],
            story_ids=[stories[story] for _, story in pairs],
        )

    def _meet(self, document_nos: set[int]) -> None:
        """Make documents known to the index."""
        if not document_nos:
            return
        self._warehouse.give("asked", pa.table({"document_no": pa.array(sorted(document_nos), pa.int32())}))
        found = self._warehouse.rows(DOCUMENTS_SQL, self._numbers)
        for document_no, version_id, article_id, outlet, is_dated, is_day_known, at_us, story_id in found:
            self._version_of[document_no] = version_id
            self._number_of[version_id] = document_no
            at = time_of(at_us)
            document = Document(
                version_id=version_id, article_id=article_id, outlet=outlet, at=at, is_dated=is_dated, is_day_known=is_day_known
            )
            self.index.add_document(document, story_id)

    def prefetch(self, newcomers: Sequence[tuple[Document, Tokens]]) -> None:
        """Load with a handful of queries what the comparisons of a batch will ask for."""
        prints = [tokens.fingerprint.tolist() for _, tokens in newcomers]
        self.index.want((shingle for shingles in prints for shingle in shingles), self.postings_of)
        wanted: set[str] = set()
        for (document, _), shingles in zip(newcomers, prints, strict=True):
            holders = self.index.holders(shingles, document.at)
            weights = shingle_weights(self.index.holders_then(shingles, document.at), outlet=document.outlet)
            wanted.update(
                found.document.version_id for found in best_candidates(holders, weights, article_id=document.article_id, at=document.at)
            )
        missing = sorted(wanted - self._tokens.keys())
        self.fetch_texts(missing)
        self.index.want((shingle for version_id in missing for shingle in self._tokens[version_id].fingerprint.tolist()), self.postings_of)

    def fetch_texts(self, version_ids: Sequence[str]) -> None:
        """Read the tokens of stored versions that the index knows."""
        if not version_ids:
            return
        numbers = sorted(self._number_of[version_id] for version_id in version_ids)
        self._warehouse.give("asked", pa.table({"document_no": pa.array(numbers, pa.int32())}))
        body_blocks = dict(self._warehouse.rows(BODY_BLOCKS_SQL, self._numbers))
        for version_id, (title, text) in stored_texts(self._warehouse, version_ids).items():
            self._tokens[version_id] = tokens_of_text(title, text, body_blocks[version_id])


def _distinct(values: pa.Array | pa.ChunkedArray) -> tuple[list[Any], NDArray[np.int32]]:
    """Return the distinct values, and the place of each value among them: without a sort, as numpy would."""
    whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    encoded = whole.dictionary_encode(null_encoding="encode")
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy()


def stored_texts(warehouse: Warehouse, version_ids: Collection[str]) -> dict[str, tuple[str | None, str]]:
    """Return title and text of stored versions by id.

    By row number, in two steps: a join by id reads every text that was ever stored. .84 s for 120 of 300,000 texts, and .04: 2026-11.
    """
    warehouse.give("asked", pa.table({"version_id": sorted(version_ids)}))
    places = [place for (place,) in warehouse.rows("select rowid from store.versions semi join asked using (version_id)")]
    warehouse.give("places", pa.table({"place": pa.array(places, pa.int64())}))
    rows = warehouse.rows("select version_id, title, text from store.versions where rowid in (select place from places)")
    return {version_id: (title, text) for version_id, title, text in rows}


def _moved(at: datetime, days: int) -> datetime:
    """Return a time moved by days, or the first or last that there is."""
    try:
        return at + timedelta(days=days)
    except OverflowError:
        return (datetime.min if days < 0 else datetime.max).replace(tzinfo=at.tzinfo)


def tokens_of_text(title: str | None, text: str, body_blocks: Sequence[int]) -> Tokens:
    """Return the tokens of a stored text.

    body_blocks  the block number of each of its paragraphs
    """
    if len(text) > KEPT_CHARACTERS:
        return _read(title, text, tuple(body_blocks))
    return _kept(title, text, tuple(body_blocks))


def _read(title: str | None, text: str, body_blocks: tuple[int, ...]) -> Tokens:
    paragraphs = text.split(PARAGRAPH_JOINT) if text else []
    return read_tokens(title, list(zip(body_blocks, paragraphs, strict=True)))


_kept = lru_cache(maxsize=KEPT_TEXTS)(_read)


def document_of(version: dict[str, Any], captured_at: datetime) -> Document:
    """Return what the index knows of a version: dated by publication, else by capture."""
    published_at, day = version["published_at"], version["published_date"]
    midnight = datetime(day.year, day.month, day.day, tzinfo=captured_at.tzinfo) if day else None
    return Document(
        version_id=version["version_id"], article_id=version["article_id"], outlet=version["outlet"] or version["site"],
        at=published_at or midnight or captured_at, is_dated=published_at is not None, is_day_known=published_at is not None or day is not None,
    )  # fmt: skip
