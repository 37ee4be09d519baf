"""The entries of a live blog, as its JSON-LD names them: split in the body, and added where the body lacks them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tasks.core.pages.json_ld import Node, as_list, text_of
from tasks.core.pages.votes import clean_text
from tasks.core.records import Block
from tasks.core.text.folds import folded

MAX_ENTRIES = 500  # entries read, a bound against hostile pages
MIN_ENTRIES = 2  # entries that make a live blog of a page
KEY_CHARS = 50  # folded characters by which an entry is found in the body
SPLITTERS = ("</p>", "<br>", "<br/>", "<br />", "\n\n", "</li>", "</div>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One update of a live blog."""

    heading: str
    paragraphs: tuple[str, ...]


def live_entries(node: Node | None) -> list[Entry]:
    """Return the updates that a LiveBlogPosting lists, in its order."""
    if node is None:
        return []
    updates = [update for update in as_list(node.get("liveBlogUpdate"))[:MAX_ENTRIES] if isinstance(update, dict)]
    entries = [
        Entry(heading=clean_text(text_of(update.get("headline"))), paragraphs=_paragraphs(text_of(update.get("articleBody"))))
        for update in updates
    ]
    return [entry for entry in entries if entry.paragraphs]


def with_live_entries(blocks: list[Block], entries: list[Entry]) -> list[Block]:
    """Return blocks with entries numbered from 1 in the order of the page; those that the body lacks follow at the end."""
    if len(entries) < MIN_ENTRIES:
        return blocks
    headings = {key: entry for entry in entries if (key := folded(entry.heading))}
    starts = {folded(entry.paragraphs[0])[:KEY_CHARS]: entry for entry in entries}
    numbered: list[Block] = []
    seen: list[Entry] = []
    for block in blocks:
        key = folded(block.text)
        entry = headings.get(key) or starts.get(key[:KEY_CHARS])
        if entry and entry not in seen:
            seen.append(entry)
        is_heading = key in headings and block.type in ("heading", "paragraph")
        numbered.append(replace(block, entry_no=len(seen) or None, type="live_entry_heading" if is_heading else block.type))
    for entry in entries:
        if entry not in seen:
            seen.append(entry)
            numbered += _blocks_of(entry, len(seen))
    return numbered


def _blocks_of(entry: Entry, number: int) -> list[Block]:
    heading = [Block(type="live_entry_heading", text=entry.heading, entry_no=number)] if entry.heading else []
    return [*heading, *(Block(type="paragraph", text=text, entry_no=number) for text in entry.paragraphs)]


def _paragraphs(body: str) -> tuple[str, ...]:
    for splitter in SPLITTERS:
        body = body.replace(splitter, f"{splitter}\x00")
    return tuple(text for part in body.split("\x00") if (text := clean_text(part)))
