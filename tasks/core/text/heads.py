"""The head of a plain text: title, byline, dek, summary bullets, subheads. A page says these by its markup, a text only by its lines.

A title is a first line without a full stop; a dek stands between it and a dateline, or under a label. In doubt a line is body.
"""

from __future__ import annotations

import re
from dataclasses import replace

from tasks.core.records import Block
from tasks.core.text.bylines import BY, desk_name, is_person, printed_names
from tasks.core.text.datelines import is_lone_dateline, read_dateline
from tasks.core.text.folds import folded, word_count
from tasks.core.text.lists import Lists
from tasks.core.text.sections import is_title_like

MAX_TITLE_CHARS = 180  # characters
MAX_DEK_WORDS = 60  # words
MAX_HEAD_BLOCKS = 6  # blocks before which the head must be over
MAX_SUBHEAD_WORDS = 12  # words
MIN_LEAD_WORDS = 12  # words of a block that shows a line before it to be a title
MAX_BYLINE_WORDS = 14  # words
MIN_BULLETS = 2  # bullets that make a summary
DEK_LABEL = re.compile(r"^(?:quick take|in brief|the gist|in short|tl;?dr|summary|synopsis|at a glance|standfirst)\s*:?$", re.IGNORECASE)
SUMMARY_LABEL = re.compile(
    r"^(?:the latest|what (?:we|to) know.{0,20}|here[’']s what (?:we|to|you).{0,30}|key (?:points|takeaways|developments|facts)|highlights|summary|main points|in summary|takeaways|"
    r"at a glance|das wichtigste in kürze|auf einen blick|l[’']essentiel|lo esencial|in sintesi)\s*:?$",
    re.IGNORECASE,
)  # fmt: skip
BYLINE_PART = re.compile(r"\b(?:staff|writer|reporter|correspondent|associated press|reuters|afp|news|special to)\b", re.IGNORECASE)


def with_head(blocks: list[Block], given_title: str | None, lists: Lists) -> list[Block]:
    """Return the blocks of a text with title, byline, dek, summary bullets and subheads typed."""
    blocks = _with_title(blocks, given_title, lists)
    blocks = with_lines(blocks)
    blocks = _with_summary(blocks)
    blocks = _with_dek(blocks, lists)
    return _with_subheads(blocks)


def _with_title(blocks: list[Block], given_title: str | None, lists: Lists) -> list[Block]:
    if not blocks:
        return blocks
    first = blocks[0]
    if given_title:
        key = folded(given_title)
        return [_typed(first, "title"), *blocks[1:]] if folded(first.text) == key and len(blocks) > 1 else blocks
    has_lead = any(word_count(block.text) >= MIN_LEAD_WORDS for block in blocks[1:MAX_HEAD_BLOCKS])
    is_title = first.type == "paragraph" and len(first.text) <= MAX_TITLE_CHARS and is_title_like(first.text.rstrip("?!"))
    if (
        not (has_lead and is_title)
        or is_person(first.text)
        or BY.match(first.text)
        or read_dateline(first.text, lists)
        or SUMMARY_LABEL.match(first.text)
    ):
        return blocks
    return [_typed(first, "title"), *blocks[1:]]


def with_lines(blocks: list[Block]) -> list[Block]:
    """Return blocks with bylines and lone datelines before and under the lead typed."""
    head = [replace(block, type=_line_type(block) or block.type) for block in blocks[:MAX_HEAD_BLOCKS]]
    return [*head, *blocks[MAX_HEAD_BLOCKS:]]


def _line_type(block: Block) -> str | None:
    if block.type not in ("paragraph", "heading"):
        return None
    if block.type == "paragraph" and _is_byline(block.text):
        return "byline"
    return "dateline" if is_lone_dateline(block.text) else None


def _is_byline(text: str) -> bool:
    if word_count(text) > MAX_BYLINE_WORDS or (text.endswith((".", "!", "?", ":")) and not is_person(text)):
        return False
    return is_person(text) or bool(BY.match(text) and (printed_names(text) or (desk_name(text) and BYLINE_PART.search(text))))


def _with_summary(blocks: list[Block]) -> list[Block]:
    label = next(
        (number for number, block in enumerate(blocks[:MAX_HEAD_BLOCKS]) if block.type == "paragraph" and SUMMARY_LABEL.match(block.text)),
        None,
    )
    start = label + 1 if label is not None else next((number for number, block in enumerate(blocks) if block.type != "title"), 0)
    end = start
    while end < len(blocks) and blocks[end].type in ("list_item", "comment_prompt"):
        end += 1
    bullets = sum(block.type == "list_item" for block in blocks[start:end])
    if bullets < MIN_BULLETS or end >= len(blocks):
        return blocks
    typed = [_typed(block, "summary_bullet") if block.type == "list_item" else block for block in blocks[start:end]]
    head = [_typed(block, "heading") if number == label else block for number, block in enumerate(blocks[:start])]
    return [*head, *typed, *blocks[end:]]


def _with_dek(blocks: list[Block], lists: Lists) -> list[Block]:
    for number, block in enumerate(blocks[:MAX_HEAD_BLOCKS]):
        follower = blocks[number + 1] if number + 1 < len(blocks) else None
        if (
            block.type == "paragraph"
            and DEK_LABEL.match(block.text)
            and follower
            and follower.type == "paragraph"
            and word_count(follower.text) <= MAX_DEK_WORDS
        ):
            return [*blocks[:number], _typed(block, "heading"), _typed(follower, "dek"), *blocks[number + 2 :]]
    lead = next(
        (number for number, block in enumerate(blocks[:MAX_HEAD_BLOCKS]) if block.type == "paragraph" and read_dateline(block.text, lists)),
        None,
    )
    before = [number for number in range(lead or 0) if blocks[number].type == "paragraph"]
    if len(before) != 1 or blocks[lead or 0].entry_no or word_count(blocks[before[0]].text) > MAX_DEK_WORDS:
        return blocks
    return [_typed(block, "dek") if number == before[0] else block for number, block in enumerate(blocks)]


def _with_subheads(blocks: list[Block]) -> list[Block]:
    result: list[Block] = []
    for number, block in enumerate(blocks):
        is_last = number + 1 == len(blocks)
        is_label = bool(SUMMARY_LABEL.match(block.text) or DEK_LABEL.match(block.text))
        if block.type == "paragraph" and not is_last and (is_label or _is_subhead(block.text, blocks[number + 1])):
            block = _typed(block, "heading")
        result.append(block)
    return result


def _is_subhead(text: str, follower: Block) -> bool:
    if word_count(text) > MAX_SUBHEAD_WORDS or not is_title_like(text) or (not text[:1].isupper() and text[:1] not in "‘“\"'"):
        return False
    return follower.type in ("paragraph", "list_item", "caption", "quote") and word_count(follower.text) >= MIN_LEAD_WORDS


def _typed(block: Block, kind: str) -> Block:
    return replace(block, type=kind)
