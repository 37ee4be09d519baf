"""What is no article though it came as a page: errors, walls, soft 404s, index pages. Each refusal says what it saw.

A wall or an error page is refused only where there is next to no text: a story about cookies or captchas is a story.
Source of the limits: no page of 563 labelled ones with 100 true words or more is refused, 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from tasks.core.pages.decode import is_binary
from tasks.core.pages.json_ld import ARTICLE_TYPES, INDEX_TYPES, types_of
from tasks.core.pages.siblings import linked_share
from tasks.core.pages.signs import Signs
from tasks.core.pages.tree import MAX_CHARS
from tasks.core.records import Reject
from tasks.core.text.folds import word_count
from tasks.core.text.urls import is_root

MAX_BODY_BYTES = 4 * MAX_CHARS  # bytes: what the longest text that is read can take
GOOD_STATUSES = range(200, 300)  # RFC 9110 section 15.3; a redirect is no article either
MIN_WORDS = 20  # words of a body: below, labelled pages are shells of videos and pay walls
MAX_WALL_WORDS = 120  # words of a bot wall or an error page, its footer included
MAX_CONSENT_WORDS = 400  # words of a consent wall with its list of purposes
MIN_CONSENT_SHARE = 0.5  # share of the words in blocks that speak of consent
MAX_TITLE_WORDS = 9  # words of a title that is nothing but an error message
MIN_INDEX_LINKED = 0.6  # share of a page's characters in links that makes it an index, if its markup speaks of no article
MIN_FRONT_LINKED = 0.3  # the same for a site's front page, and for pages whose JSON-LD calls them a collection
MIN_LINKED_HEADINGS = 8  # headings that are links: teasers
MAX_WORDS_A_HEADING = 40  # words of the body for each of them; an article with related stories below has more
BOT_WALL = re.compile(
    r"just a moment|checking (?:your|if the site) |verify(?:ing)? (?:that )?you are (?:a )?human|are you (?:a )?(?:robot|human)|not a robot|access (?:to this page has been )?denied|attention required|"
    r"pardon our interruption|unusual (?:traffic|activity)|request (?:was )?(?:blocked|unsuccessful)|you have been blocked|security check|ddos protection|captcha|"
    r"enable (?:javascript|js) and cookies|please enable (?:cookies|js|javascript)|bot(?:s)? (?:detect|protection)|perimeterx|incapsula|cloudflare ray id|forbidden",
    re.IGNORECASE,
)  # fmt: skip
NOT_FOUND = re.compile(
    r"\b404\b|(?:page|article|story|content|site|url|file|document) (?:was |could |can)?(?:not|n[’']t|no longer) ?(?:be )?(?:found|exists?|available)|not found|doesn[’']t exist|"
    r"(?:page|article|story) (?:has been )?(?:removed|deleted|expired|unavailable)|can[’']t find (?:that|the|this) page|nothing (?:was )?found|page missing|oops|"
    r"seite (?:wurde )?nicht gefunden|nicht (?:mehr )?(?:gefunden|verfügbar)|page (?:introuvable|non trouvée)|introuvable|página no (?:encontrada|existe)|no encontrad[oa]|"
    r"pagina non trovata|non trovata|pagina niet gevonden|niet gevonden|sidan (?:hittades|finns) inte|siden (?:blev|ble) ikke funnet|nie znaleziono|не найдена|не знайдено|ページが見つかりません|페이지를 찾을 수 없습니다",
    re.IGNORECASE,
)  # fmt: skip
CONSENT = re.compile(
    r"\bcookies?\b|\bconsent\b|personal(?:i[sz]ed)? (?:data|ads|advertising|content)|privacy (?:policy|settings|choices|notice)|accept all|reject all|legitimate interest|our partners|"
    r"\bzustimmung\b|einwilligung|datenschutz|akzeptieren|personenbezogen|consentement|données personnelles|nos partenaires|accepter|consentimiento|datos personales|aceptar|"
    r"consenso|dati personali|toestemming|samtycke|samtykke|zgod[aęy]|согласи",
    re.IGNORECASE,
)  # fmt: skip
ADDRESS = re.compile(
    r"\b(?:we|our|you|your|wir|uns(?:ere?n?)?|sie|ihren?|nous|nos|vous|votre|vos|nosotros|nuestr[oa]s|usted|sus?|noi|nostri|vi|våra?|my|nasi|ми|мы)\b",
    re.IGNORECASE,
)  # a story does not ask its reader
CONSENT_TITLE = re.compile(
    r"before you continue|cookie|consent|privacy (?:settings|choices)|your privacy|zustimmung|datenschutzeinstellungen|consentement|we value your privacy",
    re.IGNORECASE,
)


def status_refusal(http_status: int | None) -> Reject | None:
    """Return the refusal of an error response, None where the status is unknown or good."""
    if http_status is None or http_status in GOOD_STATUSES:
        return None
    return Reject(stage="gate", reason="http_error", detail=f"HTTP {http_status}")


def payload_refusal(body: bytes) -> Reject | None:
    """Return the refusal of bytes that are no page, None where they may be one."""
    if not body.strip():
        return Reject(stage="gate", reason="empty", detail="no bytes")
    if is_binary(body):
        return Reject(stage="gate", reason="binary", detail="bytes that no text holds")
    if len(body) > MAX_BODY_BYTES:
        return Reject(stage="gate", reason="too_large", detail=f"more than {MAX_BODY_BYTES} bytes")
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How much of a page is links: share of its characters in them, 0 to 1, and how many headings up to the end of its body are links."""

    linked: float = 0.0
    linked_headings: int = 0


def shape_of(tree: HtmlElement, marked: Sequence[HtmlElement], last: int | None) -> Shape:
    """Return how much of a page is links.

    last         number of the last block of the body: what stands behind it are related stories; None where it is unknown
    """
    headings = [element for element in marked[: None if last is None else last] if element.tag in ("h2", "h3", "h4")]
    linked = sum(next(element.iterancestors("a"), None) is not None or next(element.iter("a"), None) is not None for element in headings)
    return Shape(linked=linked_share(tree), linked_headings=linked)


def page_refusal(signs: Signs, *, texts: list[str], page_text: str, shape: Callable[[], Shape] = Shape) -> Reject | None:
    """Return why a page is no article, None where it is one.

    texts        its body, block by block
    page_text    what else it shows, for pages whose body is empty
    shape        asked only where the markup does not call the page an article
    """
    words = sum(word_count(text) for text in texts)
    title = signs.title_tag or (signs.h1s[0] if signs.h1s else "")
    is_marked = is_article_marked(signs)
    shown = " ".join(texts) if words else page_text
    if words <= MAX_WALL_WORDS and (wall := _wall(title, shown, signs, is_marked)):
        return wall
    if not is_marked and words <= MAX_CONSENT_WORDS and _is_consent(title, texts, page_text):
        return Reject(stage="gate", reason="consent_wall", detail=_first_words(title or shown))
    if not is_marked and _is_index(signs, words, shape()):
        return Reject(stage="gate", reason="index_page", detail="a page of links to others")
    if not words:
        return Reject(stage="extract", reason="empty", detail="no text found")
    if words < MIN_WORDS:
        return Reject(stage="extract", reason="too_short", detail=f"{words} words, need {MIN_WORDS}")
    return None


def is_article_marked(signs: Signs) -> bool:
    """Tell whether the markup calls the page an article."""
    is_node = bool(types_of(signs.article) & ARTICLE_TYPES) and bool(signs.article.get("datePublished") or signs.article.get("headline"))
    return is_node or signs.meta("og:type").lower() == "article" or bool(signs.meta("article:published_time"))


def _wall(title: str, shown: str, signs: Signs, is_marked: bool) -> Reject | None:
    heads = [title, *signs.h1s[:2]]
    start = shown[:600]
    for reason, pattern in (("soft_404", NOT_FOUND), ("bot_wall", BOT_WALL)):
        said = next((head for head in heads if word_count(head) <= MAX_TITLE_WORDS and pattern.search(head)), None)
        if said is None and not is_marked and word_count(shown) < MAX_WALL_WORDS // 2 and pattern.search(start):
            said = pattern.search(start)[0]  # type: ignore[index]
        if said and not (is_marked and word_count(shown) >= MIN_WORDS):
            return Reject(stage="gate", reason=reason, detail=_first_words(said))
    return None


def _is_consent(title: str, texts: list[str], page_text: str) -> bool:
    blocks = texts or [page_text]
    words = sum(word_count(text) for text in blocks)
    spoken = sum(word_count(text) for text in blocks if CONSENT.search(text) and ADDRESS.search(text))
    terms = {found.lower() for text in blocks for found in CONSENT.findall(text)}
    is_said = bool(CONSENT_TITLE.search(title))
    return words > 0 and spoken >= MIN_CONSENT_SHARE * words and len(terms) >= (1 if is_said else 3)


def _is_index(signs: Signs, words: int, shape: Shape) -> bool:
    is_front = signs.url is not None and is_root(signs.url)
    is_listed = any(types_of(node) & INDEX_TYPES for node in signs.nodes)
    least = MIN_FRONT_LINKED if is_front or is_listed else MIN_INDEX_LINKED
    is_teasers = shape.linked_headings >= MIN_LINKED_HEADINGS and words <= MAX_WORDS_A_HEADING * shape.linked_headings
    return is_teasers and shape.linked >= least


def _first_words(text: str) -> str:
    return " ".join(text.split()[:8])
