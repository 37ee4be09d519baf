"""Which article a capture is of, and which version of it."""

from __future__ import annotations

from tasks.core import ids
from tasks.core.records import Article, Capture
from tasks.core.text.urls import TrackingParameters, is_root, is_web_url, normalized_url, site_of


def article_key(article: Article, capture: Capture, tracking: TrackingParameters) -> str:
    """Return what identifies an article: its final URL, normalized, else the capture's target.

    A canonical URL that the page declares counts only within the same site and if it is not the site's root.
    """
    url = capture.final_url
    if url is None or not is_web_url(url):
        return capture.target_uri
    declared = article.declared_canonical_url
    if declared and is_web_url(declared) and site_of(declared) == site_of(url) and not is_root(declared):
        return normalized_url(declared, tracking)
    return normalized_url(url, tracking)


def article_and_version(article: Article, capture: Capture, tracking: TrackingParameters) -> tuple[str, str]:
    """Return (article_id, version_id)."""
    article_id = ids.article_id(article_key(article, capture, tracking))
    return article_id, ids.version_id(article_id, article.title, article.text)
