"""The end of a report: who contributed, where it came from, what was set behind it. Whole lines, and sentences glued to the last paragraph."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby

from tasks.core.records import Block
from tasks.core.text.bylines import is_person
from tasks.core.text.contributors import is_contributor_line, sentences
from tasks.core.text.credits import COPYRIGHT, end_credit, is_credit, republication
from tasks.core.text.lines import line_type
from tasks.core.text.lists import Lists

FIRST_BLOCKS = 4  # blocks in which a note of republication may stand before the report
LAST_BLOCKS = 10  # blocks in which credits stand behind it
SIGN_OFF_BLOCKS = 3  # blocks at the very end in which a lone agency or a lone name signs
PROSE = frozenset({"paragraph", "list_item", "quote"})


def with_tail(blocks: list[Block], lists: Lists) -> list[Block]:
    """Return blocks with their credits typed, sentences glued to the last paragraph split off."""
    typed = [_credit_typed(block, number, len(blocks), lists) for number, block in enumerate(blocks)]
    last = next((number for number in range(len(typed) - 1, -1, -1) if typed[number].type == "paragraph"), None)
    if last is None:
        return typed
    return [*typed[:last], *_peeled(typed[last], lists), *typed[last + 1 :]]


def _credit_typed(block: Block, number: int, count: int, lists: Lists) -> Block:
    if block.type in PROSE and is_contributor_line(block.text):
        return replace(block, type="contributor_line")
    from_end = count - number
    if (
        block.type in PROSE | {"promo", "heading", "junk"}
        and (number < FIRST_BLOCKS or from_end <= LAST_BLOCKS)
        and republication(block.text)
    ):
        return replace(block, type="republication_credit")
    if from_end <= SIGN_OFF_BLOCKS and count > SIGN_OFF_BLOCKS:
        if block.type in PROSE | {"photo_credit", "heading"} and is_credit(block.text, lists) and len(sentences(block.text)) == 1:
            return replace(block, type="republication_credit")
        if block.type in ("paragraph", "heading") and is_person(block.text):
            return replace(block, type="byline")
    return block


def _peeled(block: Block, lists: Lists) -> list[Block]:
    credit = end_credit(block.text, lists)
    split = [replace(block, type="republication_credit", text=block.text[credit:].strip())] if credit else []  # the last first
    end = credit or len(block.text)
    parts = sentences(block.text[:end])
    while len(parts) > 1:
        kind = _sentence_type(parts[-1], lists)
        start = block.text.rfind(parts[-1], 0, end)
        if kind is None or start <= 0:
            break
        split.append(replace(block, type=kind, text=parts.pop()))
        end = start
    rest = replace(block, text=block.text[:end].rstrip())
    kind = "contributor_line" if is_contributor_line(rest.text) else block.type
    return _joined([replace(rest, type=kind), *reversed(split)]) if split else [block]


def _sentence_type(sentence: str, lists: Lists) -> str | None:
    if is_contributor_line(sentence):
        return "contributor_line"
    if republication(sentence):
        return "republication_credit"
    kind = line_type(sentence, lists)
    return kind if kind in ("comment_prompt", "promo") or (kind == "junk" and COPYRIGHT.search(sentence)) else None


def _joined(blocks: list[Block]) -> list[Block]:
    joined: list[Block] = []
    for kind, run in groupby(blocks, key=lambda block: block.type):
        alike = list(run)
        is_glued = kind == "contributor_line"
        joined += [replace(alike[0], text=" ".join(block.text for block in alike))] if is_glued else alike
    return joined
