"""A page as a tree, parsed once and within limits, its blocks marked so that extracted text tells where it stood.

A mark is a private-use character of plane 15 in front of a block's text (decode.py removes such characters from pages).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.etree import ParserError, XMLSyntaxError, strip_elements
from lxml.html import HtmlElement, HTMLParser, document_fromstring

MAX_CHARS = 3_000_000  # characters decoded; source of this and the depth: notes on hazards, 2026-11
MAX_ELEMENTS = 20_000  # four times the most seen on 563 real pages
MAX_DEPTH = 250  # levels; libxml2 cuts at 256, silently
MAX_INLINE_RUN = 2_000  # inline elements without a block between them: reading is quadratic in them; the most seen on 563 real pages is 402
MAX_ATTRIBUTES = 1_000  # attributes of a tag: parsers are quadratic in them; the most seen is 73
MIN_CROWDED_CHARS = 4 * MAX_ATTRIBUTES  # characters of a tag that could have more
FIRST_MARK = 0xF0000
MARK = re.compile("[\U000f0000-\U000ffffd]")
MARKED_TAGS = (
    "p",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "figcaption",
    "blockquote",
    "td",
    "th",
    "dd",
    "dt",
    "pre",
    "div",
    "section",
    "article",
    "main",
)
INLINE_TAGS = frozenset(["a", "span", "strong", "b", "em", "i", "font", "u", "mark", "small", "time", "cite", "q", "sup", "sub", "abbr"])
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
UNNESTED_TAGS = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
        "p",
        "li",
        "dt",
        "dd",
        "option",
        "tr",
        "td",
        "th",
    ]
)
QUOTED = re.compile(r'"[^"]*(?:"|\Z)|\'[^\']*(?:\'|\Z)')
AT_DEPTH = "/*" * MAX_DEPTH
DROPPED = ("script", "style", "svg")
UNREAD = ("style", "svg", "template")


def parsed_tree(text: str) -> HtmlElement | None:
    """Return the tree of a page, None where there is none."""
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        return document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (ParserError, XMLSyntaxError, ValueError):
        return None


def is_within_limits(tree: HtmlElement) -> bool:
    """Tell whether a tree is small and flat enough for the full reading."""
    count = element_count(tree)
    if count > MAX_ELEMENTS or tree.xpath(f"boolean({AT_DEPTH})"):
        return False
    return count <= MAX_INLINE_RUN or _longest_inline_run(tree) <= MAX_INLINE_RUN


def element_count(tree: HtmlElement) -> int:
    """Return how many elements a tree has."""
    return int(tree.xpath("count(//*)"))


def _longest_inline_run(tree: HtmlElement) -> int:
    run = longest = 0
    for element in tree.iter():
        run = run + 1 if element.tag in INLINE_TAGS else 0
        longest = max(longest, run)
    return longest


def nesting(text: str) -> tuple[int, int]:
    """Return about how deep a page's tags nest, whatever a parser cuts off, and the sum of all their depths. Linear."""
    depth = deepest = total = 0
    for found in TAG.finditer(text):
        if found[2].lower() not in UNNESTED_TAGS:
            depth = max(0, depth - 1) if found[1] else depth + 1
            deepest = max(deepest, depth)
            total += depth
    return deepest, total


def lightened(text: str) -> str:
    """Return a page's source without styles, drawings and scripts that are no JSON-LD. Linear."""
    for tag in DROPPED:
        text = _without(text, tag)
    return text


def _without(text: str, tag: str) -> str:
    lowered = text.lower()
    if len(lowered) != len(text):
        return text
    kept: list[str] = []
    at = 0
    while (start := lowered.find(f"<{tag}", at)) >= 0:
        end = lowered.find(f"</{tag}", start)
        if end < 0:
            break
        head = lowered[start : lowered.find(">", start) + 1]
        kept.append(text[at : end if "ld+json" in head else start])
        at = end
    return "".join(kept) + text[at:]


def bared(text: str) -> str:
    """Return a page's source, its tags of more than MAX_ATTRIBUTES without any. Linear."""
    parts = text.split("<")
    if all(len(part) < MIN_CROWDED_CHARS for part in parts):
        return text
    return "<".join(_bare(part) if len(part) >= MIN_CROWDED_CHARS else part for part in parts)


def _bare(part: str) -> str:
    tag, end, rest = part.partition(">")
    names = QUOTED.sub("", tag).split(None, MAX_ATTRIBUTES + 1) if end and part[:1].isalpha() else []
    return f"{names[0]}{end}{rest}" if len(names) > MAX_ATTRIBUTES else part


def strip_unread(tree: HtmlElement) -> None:
    """Take out of a tree what no reading of its text needs: styles, drawings, and scripts but for JSON-LD."""
    for script in list(tree.iter("script")):
        if "ld+json" not in (script.get("type") or "").lower():
            script.tag = UNREAD[0]
    strip_elements(tree, *UNREAD, with_tail=False)


def mark_blocks(tree: HtmlElement) -> list[HtmlElement]:
    """Put a mark in front of the text of every block, and return the marked elements: the n-th bears the n-th mark."""
    marked: list[HtmlElement] = []
    for element in tree.iter(*MARKED_TAGS):
        if _has_text(element.text):
            element.text = chr(FIRST_MARK + len(marked)) + element.text.lstrip()
            marked.append(element)
        elif _mark_inline(element, chr(FIRST_MARK + len(marked))):
            marked.append(element)
    return marked


def _mark_inline(element: HtmlElement, mark: str) -> bool:
    inner = element
    while len(inner) and inner[0].tag in INLINE_TAGS:
        inner = inner[0]
        if _has_text(inner.text):
            inner.text = mark + inner.text.lstrip()
            return True
        if _has_text(inner.tail):
            inner.tail = mark + inner.tail.lstrip()
            return True
    return False


def _has_text(text: str | None) -> bool:
    return bool(text) and not text.isspace()  # type: ignore[union-attr]


def mark_numbers(text: str) -> Iterator[int]:
    """Yield the numbers of the marks in a text, in order."""
    return (ord(mark) - FIRST_MARK for mark in MARK.findall(text))


def unmarked(text: str) -> str:
    """Return a text without its marks."""
    return MARK.sub("", text)
