"""The newsroom's own lists, and a page like those of news sites, written for these tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.core.pages.page import read_page
from tasks.core.records import Article, Given, Reject
from tasks.core.text.lists import Lists, parse_lists

SEEDS = Path(__file__).resolve().parents[3] / "seeds"

SENTENCES = (
    "The harbour of Quayport was closed on Tuesday after a crane fell across the main channel, the port authority said.",
    "Nobody was hurt, but eleven ships waited outside the breakwater by nightfall and more were expected.",
    "“We will lift it before the weekend if the wind allows,” harbour master Ida Brandt told reporters on the quay.",
    "The crane, built in 1978, had passed an inspection in the spring, according to the records of the city.",
    "Fishermen moored at the old pier said they had heard a bang shortly before four in the morning.",
    "Freight will be moved by rail for the time being, the ministry of transport said in a statement.",
)


@pytest.fixture(scope="session")
def lists() -> Lists:
    return parse_lists(
        agencies_csv=(SEEDS / "agencies.csv").read_text("utf-8"), boilerplate_csv=(SEEDS / "boilerplate.csv").read_text("utf-8")
    )


@pytest.fixture(scope="session")
def read(lists: Lists) -> Callable[..., Article | Reject]:
    """Read a page: read(html, url=..., given=...)."""

    def call(html: str | bytes, *, url: str | None = "https://news.quayport.example/a/crane", **more: object) -> Article | Reject:
        body = html.encode() if isinstance(html, str) else html
        given = more.get("given", Given())
        charset = more.get("charset")
        assert isinstance(given, Given)
        assert charset is None or isinstance(charset, str)
        return read_page(body, url=url, charset=charset, given=given, lists=lists, captured_at=None)

    return call


@pytest.fixture(scope="session")
def article(read: Callable[..., Article | Reject]) -> Callable[..., Article]:
    """Read a page that must be an article."""

    def call(html: str | bytes, **more: object) -> Article:
        found = read(html, **more)
        assert isinstance(found, Article), found
        return found

    return call


@pytest.fixture(scope="session")
def page() -> Callable[..., str]:
    """A page around some paragraphs: page(body=..., head=..., title=..., before=..., after=...)."""

    def call(
        *,
        body: str | None = None,
        head: str = "",
        title: str = "Crane falls across the harbour channel",
        before: str = "",
        after: str = "",
        lang: str = "en",
    ) -> str:
        text = body if body is not None else "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
        language = f' lang="{lang}"' if lang else ""
        return (
            f"<!doctype html><html{language}><head><meta charset='utf-8'><title>{title} | Quayport News</title>{head}</head><body>"
            f"<header><nav><a href='/'>Home</a> <a href='/world'>World</a></nav></header><main><article><h1>{title}</h1>{before}"
            f"<div class='story-body'>{text}</div>{after}</article></main><footer><p>Quayport News, 1 Pier Road</p></footer></body></html>"
        )

    return call
