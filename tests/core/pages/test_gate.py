"""What is refused at the gate, and what only looks like it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.core.pages.gate import status_refusal
from tasks.core.records import Article, Reject

Read = Callable[..., Article | Reject]

CONSENT = (
    "<html><head><title>Before you continue to Quayport News</title></head><body><h1>We value your privacy</h1>"
    "<p>We and our partners store cookies on your device to process personal data, such as for personalised ads.</p>"
    "<p>With your consent we and our partners may use precise data. You can change your consent in the privacy settings.</p>"
    "<button>Accept all</button><button>Reject all</button></body></html>"
)
LINKS = "".join(
    f"<h3><a href='/a/{n}'>Ship number {n} waits outside the harbour as crane still blocks the channel</a></h3>" for n in range(30)
)
WALLS = {
    "bot wall": ("<html><head><title>Just a moment...</title></head><body><p>Checking your browser before accessing the site. Enable JavaScript and cookies to continue.</p></body></html>", "bot_wall"),
    "captcha": ("<html><head><title>Security check</title></head><body><h1>Are you a robot?</h1><p>Please solve the captcha below to go on to the page that you asked for.</p></body></html>", "bot_wall"),
    "access denied": ("<html><head><title>Access Denied</title></head><body><h1>Access Denied</h1><p>You don't have permission to access this page on this server.</p></body></html>", "bot_wall"),
    "soft 404": ("<html><head><title>Page not found | Quayport News</title></head><body><h1>Page not found</h1><p>Sorry, the page you were looking for is not there. Try the search.</p></body></html>", "soft_404"),
    "soft 404, German": ("<html><head><title>Seite nicht gefunden</title></head><body><h1>404</h1><p>Leider gibt es diese Seite nicht.</p></body></html>", "soft_404"),
    "consent wall": (CONSENT, "consent_wall"),
    "no text": ("<html><head><title>Quayport News</title></head><body></body></html>", "empty"),
    "two lines": ("<html><body><h1>Crane falls</h1><p>Subscribe to read this story.</p></body></html>", "too_short"),
    "no bytes": ("", "empty"),
    "white space": (" \n ", "empty"),
}  # fmt: skip


@pytest.mark.parametrize(("html", "reason"), list(WALLS.values()), ids=list(WALLS))
def test_walls_and_errors_are_refused_with_their_reason(read: Read, html: str, reason: str) -> None:
    found = read(html)
    assert isinstance(found, Reject)
    assert (found.reason, found.stage in ("gate", "extract")) == (reason, True)
    assert (found.url, found.source_id, found.capture_id) == (None, None, None)


@pytest.mark.parametrize("status", [200, 203, 206, None])
def test_good_responses_and_no_response_are_read(status: int | None) -> None:
    assert status_refusal(status) is None


@pytest.mark.parametrize("status", [301, 304, 400, 403, 404, 410, 500, 503])
def test_other_responses_are_refused_whatever_they_show(status: int) -> None:
    assert status_refusal(status) == Reject(stage="gate", reason="http_error", detail=f"HTTP {status}")


@pytest.mark.parametrize("url", ["https://quayport.example/", "https://quayport.example/section/harbour"], ids=["front page", "section"])
def test_pages_of_links_are_refused_as_index_pages(read: Read, url: str) -> None:
    found = read(f"<html><head><title>Quayport News</title></head><body><main>{LINKS}</main></body></html>", url=url)
    assert isinstance(found, Reject)
    assert found.reason == "index_page"


def test_a_page_of_teasers_with_a_line_each_is_refused_as_an_index_page(read: Read) -> None:
    teasers = "".join(
        f"<div><h3><a href='/a/{n}'>Ship number {n} waits outside the harbour and will not be let in</a></h3><p>The crane that fell is in its way.</p></div>"
        for n in range(30)
    )
    found = read(f"<html><head><title>Harbour</title></head><body><main><h1>Harbour</h1>{teasers}</main></body></html>")
    assert isinstance(found, Reject)
    assert found.reason == "index_page"


def test_an_article_with_many_related_stories_below_it_is_no_index(read: Read, page: Callable[..., str]) -> None:
    assert isinstance(read(page(after=LINKS)), Article)


@pytest.mark.parametrize(
    "payload",
    [b"%PDF-1.7\n1 0 obj", b"\x89PNG\r\n\x1a\n\0\0", b"PK\x03\x04\x14\0", b"GIF89a\x01\0", b"\0\1\2\3" * 100],
    ids=["pdf", "png", "zip", "gif", "zeros"],
)
def test_binary_payloads_are_refused(read: Read, payload: bytes) -> None:
    assert read(payload) == Reject(stage="gate", reason="binary", detail="bytes that no text holds")


STORIES = {
    "on cookies": ("Cookie banners must say no as loudly as yes, court rules", "The court said that consent given to cookies by a single button is none, and that personal data may not be used without it."),
    "on captchas": ("Are you a robot? The captcha turns thirty", "The captcha was meant to keep machines away from the forms of the web, and has kept people away from them ever since."),
    "on a 404": ("Page not found: how a town lost its archive", "The pages of the town's archive are not found since the server in the cellar of the old school was switched off."),
}  # fmt: skip


@pytest.mark.parametrize(("title", "sentence"), list(STORIES.values()), ids=list(STORIES))
def test_a_story_about_walls_is_a_story(read: Read, page: Callable[..., str], title: str, sentence: str) -> None:
    found = read(page(title=title, body="".join(f"<p>{sentence} That was decision number {n}.</p>" for n in range(9))))
    assert isinstance(found, Article)


def test_a_refusal_reads_the_same_each_time(read: Read) -> None:
    assert read(CONSENT) == read(CONSENT)
