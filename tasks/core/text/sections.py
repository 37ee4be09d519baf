"""What several lines together are: promo sections with dated items, teaser lists, players, tweets, entries run into one line.

Each rule needs more than one sign, and what is left in doubt stays body: prose is never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from tasks.core.records import Block
from tasks.core.text.folds import word_count

MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Sept|Oct|Nov|Dec)[a-z]*\.?"
WEEKDAY = r"(?:Mon|Tues?|Wed(?:nes)?|Thurs?|Fri|Sat(?:ur)?|Sun)(?:day)?s?\.?"
DATED_ITEM = re.compile(
    rf"^(?:[•*·-]\s*)?(?:Ongoing|TBA|TBD|Now|Daily|Weekly|(?:{WEEKDAY},?\s)?(?:{MONTH}\s\d{{1,2}}|\d{{1,2}}\s{MONTH})(?:\s?[-–—]\s?(?:{MONTH}\s)?\d{{1,2}})?|{WEEKDAY})\s?:\s"
)
MIN_ITEMS = 3  # dated items in a row that make a section
MIN_INVITES = 2  # blocks of a section that send the reader elsewhere ("Details here"); a chronology sends nowhere
MAX_SECTION_SHARE = 0.5  # share of all words; a calendar is its own article
MIN_PROSE_BEFORE = 2  # paragraphs; a section stands in the middle or at the end
MAX_HEAD_BLOCKS = 5  # blocks before the first item that may belong to its section
MAX_TITLE_WORDS = 20  # words of a line without a full stop
INVITES = re.compile(r"\b(?:here|e-?mail(?:ing)?|let us know|sign up|subscribe|click|submit|list of|running list|follow)\b", re.IGNORECASE)
TEASER_HEADING = re.compile(
    r"^(?:related(?: (?:stories|articles|content|news|coverage|links))?|read more|more (?:stories|news|coverage|from .{2,40}|on .{2,40})|most (?:read|popular)|trending(?: now)?|"
    r"recommended(?: for you)?|editors?['’]?s? picks?|latest (?:news|stories|headlines)|top stories|you may also like|don['’]t miss|mehr zum thema|lesen sie auch|à lire aussi|lire aussi|"
    r"te puede interesar|lea también|leggi anche|lees ook|les også|läs också|czytaj też|читайте также|читайте також|ähnliche artikel)\s*:?$",
    re.IGNORECASE,
)  # fmt: skip
MAX_TEASERS = 8  # lines of a teaser list
RUNNING_TIME = re.compile(r"(?:^|\s)\(?\d{1,2}:\d\d(?::\d\d)?\)?$")
MAX_PLAYER_LINES = 2  # lines between the title of a player and its running time
TWEET_SIGNATURE = re.compile(r"^(?:—|–|--|&mdash;)\s?.{1,60}\(@\w{1,20}\)\s+(?:[A-Z][a-z]+\.?\s\d{1,2},\s\d{4}|\d{1,2}\.?\s\w+\.?\s\d{4})")
SHORT_ADDRESS = re.compile(r"pic\.twitter\.com/|https?://t\.co/")
MAX_TWEET_CHARS = 420  # characters, with addresses
ENTRY_MARK = re.compile(r"^(Return to menu|Back to menu|Return to top|Link copied!?)\s*(?=\S)")
MIN_ENTRIES = 2  # marked entries that make a live blog
TERMINAL = re.compile(r"[.!?…:;,][”\"’')\]]*$")


def with_sections(blocks: list[Block]) -> list[Block]:
    """Return blocks typed by what stands around them."""
    for rule in (_split_signatures, _with_players, _with_tweets, _with_teasers, _with_dated_sections):
        blocks = rule(blocks)
    return blocks


def with_entries(blocks: list[Block]) -> tuple[list[Block], bool]:
    """Return blocks with the entries of a live blog split and numbered, and whether it is one.

    Knows "Return to menu" run into the first paragraph of each entry, its heading on the line before.
    """
    starts = {number for number, block in enumerate(blocks) if block.type == "paragraph" and ENTRY_MARK.match(block.text)}
    if len(starts) < MIN_ENTRIES:
        return blocks, False
    headed = {number - 1 for number in starts if number and blocks[number - 1].type in ("paragraph", "heading")}
    result: list[Block] = []
    entry = 0
    for number, block in enumerate(blocks):
        if number in headed or (number in starts and number - 1 not in headed):
            entry += 1
        block = replace(block, entry_no=entry or None, type="live_entry_heading" if number in headed else block.type)
        mark = ENTRY_MARK.match(block.text) if number in starts else None
        result += [replace(block, type="junk", text=mark[1]), replace(block, text=block.text[mark.end() :])] if mark else [block]
    return result, True


def is_title_like(text: str) -> bool:
    """Tell whether a line looks like a title: short, on one line, without a full stop."""
    return "\n" not in text and 2 <= word_count(text) <= MAX_TITLE_WORDS and not TERMINAL.search(text)


def _split_signatures(blocks: list[Block]) -> list[Block]:
    result: list[Block] = []
    for block in blocks:
        found = TWEET_SIGNATURE.match(block.text) if block.type in ("paragraph", "quote") else None
        rest = block.text[found.end() :].lstrip() if found else ""
        result += [replace(block, text=block.text[: found.end()]), replace(block, text=rest)] if found and rest else [block]
    return result


def _with_tweets(blocks: list[Block]) -> list[Block]:
    marked: set[int] = set()
    for number, block in enumerate(blocks):
        if block.type in ("paragraph", "quote") and TWEET_SIGNATURE.match(block.text):
            marked.add(number)
            before = blocks[number - 1] if number else None
            if before and before.type in ("paragraph", "quote") and len(before.text) <= MAX_TWEET_CHARS:
                marked.add(number - 1)
        elif block.type in ("paragraph", "quote") and len(block.text) <= MAX_TWEET_CHARS and SHORT_ADDRESS.search(block.text):
            marked.add(number)
    return _retyped(blocks, marked, "embedded_tweet")


def _with_players(blocks: list[Block]) -> list[Block]:
    marked: set[int] = set()
    for number, block in enumerate(blocks):
        if block.type == "video":
            behind = range(number + 1, min(number + 2 + MAX_PLAYER_LINES, len(blocks)))
            end = next((at for at in behind if RUNNING_TIME.search(blocks[at].text)), number)
            marked.update(range(number + 1, end + 1))
    return _retyped(blocks, marked, "video")


def _with_teasers(blocks: list[Block]) -> list[Block]:
    marked: set[int] = set()
    for number, block in enumerate(blocks):
        if block.type in ("promo", "heading", "paragraph") and TEASER_HEADING.match(block.text.strip()):
            marked.add(number)
            for at in range(number + 1, min(number + 1 + MAX_TEASERS, len(blocks))):
                if blocks[at].type not in ("list_item", "paragraph") or not is_title_like(blocks[at].text):
                    break
                marked.add(at)
    return _retyped(blocks, marked, "promo")


def _with_dated_sections(blocks: list[Block]) -> list[Block]:
    total = sum(word_count(block.text) for block in blocks)
    marked: set[int] = set()
    for run in _runs(
        number for number, block in enumerate(blocks) if block.type in ("paragraph", "list_item") and DATED_ITEM.match(block.text)
    ):
        words = sum(word_count(blocks[number].text) for number in run)
        prose = sum(block.type == "paragraph" and not is_title_like(block.text) for block in blocks[: run[0]])
        head = _section_head(blocks, run[0])
        invites = sum(bool(INVITES.search(blocks[number].text)) for number in (*head, *run))
        if len(run) >= MIN_ITEMS and invites >= MIN_INVITES and words <= MAX_SECTION_SHARE * total and prose >= MIN_PROSE_BEFORE:
            marked.update(run, head)
    return _retyped(blocks, marked, "promo")


def _runs(numbers: Iterable[int]) -> list[list[int]]:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs


def _section_head(blocks: list[Block], first: int) -> list[int]:
    head: list[int] = []
    for number in range(first - 1, max(-1, first - 1 - MAX_HEAD_BLOCKS), -1):
        block = blocks[number]
        is_intro = not head and bool(INVITES.search(block.text))
        if block.type not in ("paragraph", "heading", "caption") or not (is_intro or is_title_like(block.text)):
            break
        head.append(number)
    return head


def _retyped(blocks: list[Block], marked: set[int], kind: str) -> list[Block]:
    return [replace(block, type=kind) if number in marked else block for number, block in enumerate(blocks)]
