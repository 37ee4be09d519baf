"""What a page says of itself in JSON-LD. Linear and bounded whatever the page holds.

Knows schema.org's article types and how sites nest, list and reference them. It does not validate.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

MAX_SCRIPT_CHARS = 1_000_000  # characters of one script; the largest seen on 570 real pages has 310,000
MAX_SCRIPTS = 40  # scripts of a page
MAX_NODES = 5_000  # objects of a page
ARTICLE_TYPES = frozenset(
    [
        "article",
        "newsarticle",
        "reportagenewsarticle",
        "analysisnewsarticle",
        "opinionnewsarticle",
        "reviewnewsarticle",
        "backgroundnewsarticle",
        "asknewsarticle",
        "advertisercontentarticle",
        "satiricalarticle",
        "blogposting",
        "liveblogposting",
        "report",
        "techarticle",
        "scholarlyarticle",
        "medicalscholarlyarticle",
        "socialmediaposting",
        "discussionforumposting",
    ]
)
PAGE_TYPES = frozenset({"webpage", "itempage", "recipe", "review", "creativework", "howto", "podcastepisode", "qapage"})
LIVE_TYPE = "liveblogposting"
INDEX_TYPES = frozenset({"collectionpage", "itemlist", "searchresultspage"})
OPENINGS = ("<!--", "//<![CDATA[", "// <![CDATA[", "<![CDATA[", "/*<![CDATA[*/", "/* <![CDATA[ */")
CLOSINGS = ("-->", "//]]>", "// ]]>", "/*]]>*/", "/* ]]> */", "]]>")
TRAILING_COMMA = re.compile(r",(?=\s{0,40}[}\]])")
FIELD = re.compile(r'"(headline|datePublished|dateModified|@type)"\s{0,5}:\s{0,5}"((?:[^"\\\n]|\\.){1,400})"')

Node = Mapping[str, Any]


def json_ld_nodes(scripts: Iterable[str]) -> list[Node]:
    """Return every object with a type in a page's JSON-LD, in order, references by @id not yet resolved."""
    nodes: list[Node] = []
    for number, script in enumerate(scripts):
        if number >= MAX_SCRIPTS or len(nodes) >= MAX_NODES:
            break
        nodes += _objects(_parsed(script[:MAX_SCRIPT_CHARS]), MAX_NODES - len(nodes))
    return nodes


def _parsed(script: str) -> Any:
    text = _unwrapped(script)
    for candidate in (text, TRAILING_COMMA.sub("", text)):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
    return _salvaged(text)


def _unwrapped(script: str) -> str:
    text = script.strip().rstrip(";").rstrip()
    for _ in range(2):
        text = next((text.removeprefix(opening).lstrip() for opening in OPENINGS if text.startswith(opening)), text)
        text = next((text.removesuffix(closing).rstrip() for closing in CLOSINGS if text.endswith(closing)), text)
    return text.rstrip(";")


def _salvaged(text: str) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in FIELD.findall(text):
        if name != "@type" or value.lower() in ARTICLE_TYPES:
            kept.setdefault(name, value)
    return kept


def _objects(value: Any, limit: int) -> list[Node]:
    found: list[Node] = []
    stack = [value]
    while stack and len(found) < limit:
        top = stack.pop()
        if isinstance(top, list):
            stack.extend(reversed(top[:limit]))
        elif isinstance(top, dict):
            if "@type" in top:
                found.append(top)
            stack.extend(reversed([top[key] for key in ("@graph", "mainEntity", "mainEntityOfPage", "hasPart") if key in top]))
    return found


def types_of(node: Node) -> set[str]:
    """Return a node's types in lower case, without their namespace."""
    return {str(name).rsplit("/", 1)[-1].lower() for name in as_list(node.get("@type"))}


def article_node(nodes: list[Node], *, url: str | None, titles: tuple[str, ...]) -> Node | None:
    """Return the node that speaks of this page's article, None where none does.

    titles       what the page shows as its title, to choose among several
    """
    articles = [node for node in nodes if types_of(node) & ARTICLE_TYPES]
    pool = articles or [node for node in nodes if types_of(node) & PAGE_TYPES]
    if not pool:
        return None
    return max(
        pool,
        key=lambda node: (
            _is_about(node, url),
            text_of(node.get("headline")) in titles,
            bool(node.get("datePublished")),
            "articleBody" in node,
        ),
    )


def _is_about(node: Node, url: str | None) -> bool:
    if not url:
        return False
    path = url.split("#")[0].split("?")[0].rstrip("/")
    page = node.get("mainEntityOfPage")
    named = [node.get("url"), page.get("@id") if isinstance(page, dict) else page, node.get("@id")]
    return any(isinstance(name, str) and name.split("#")[0].split("?")[0].rstrip("/") == path for name in named)


def live_node(nodes: list[Node]) -> Node | None:
    """Return the live blog of a page, None where it is none."""
    return next((node for node in nodes if LIVE_TYPE in types_of(node)), None)


def names_of(value: Any, by_id: Mapping[str, Node]) -> Iterator[tuple[str, str]]:
    """Yield (name, type) of persons and organizations in an author field, references resolved."""
    for entry in as_list(value):
        node = entry
        if isinstance(entry, dict) and "name" not in entry:
            node = by_id.get(str(entry.get("@id")), entry)
        if isinstance(node, str):
            yield node, ""
        elif isinstance(node, dict):
            kind = " ".join(sorted(types_of(node)))
            yield from ((name, kind) for name in as_list(node.get("name")) if isinstance(name, str))


def ids_of(nodes: list[Node]) -> dict[str, Node]:
    """Return the nodes that bear an @id and a name, by that id."""
    return {str(node["@id"]): node for node in nodes if "@id" in node and "name" in node}


def as_list(value: Any) -> list[Any]:
    """Return a JSON-LD value as the list it may stand for."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text_of(value: Any) -> str:
    """Return the first string of a JSON-LD value, "" where there is none."""
    for entry in as_list(value):
        if isinstance(entry, str):
            return entry.strip()
        if isinstance(entry, dict) and isinstance(entry.get("@value"), str):
            return str(entry["@value"]).strip()
    return ""
