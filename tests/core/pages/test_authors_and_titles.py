"""Votes on title and authors."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tasks.core.records import Article

Story = Callable[..., Article]
Make = Callable[..., str]


def ld(**fields: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", "headline": "x", **fields})}</script>'


AUTHORS = {
    "persons in JSON-LD": (ld(author=[{"@type": "Person", "name": "Ann Lee"}, {"@type": "Person", "name": "Bo Fry"}]), "", ("Ann Lee", "Bo Fry")),
    "a reference in JSON-LD": (ld(author={"@id": "#a"}) + '<script type="application/ld+json">{"@type":"Person","@id":"#a","name":"Ann Lee"}</script>', "", ("Ann Lee",)),
    "a meta": ("<meta name='author' content='Ann Lee and Bo Fry'>", "", ("Ann Lee", "Bo Fry")),
    "an inverted meta": ("<meta name='citation_author' content='Lee, Ann'><meta name='citation_author' content='Fry, Bo'>", "", ("Ann Lee", "Bo Fry")),
    "a printed byline": ("", "<div class='byline'>By <a href='x'>Ann Lee</a> and <a href='y'>Bo Fry</a>, Staff Writers</div>", ("Ann Lee", "Bo Fry")),
    "a byline with its date": ("", "<div class='author'>By Ann Lee<br>March 3, 2026</div>", ("Ann Lee",)),
    "a reviewer behind the author": ("", "<div class='byline'>By <b>Ann Lee</b> <span>Reviewed by</span> <b>Bo Fry</b></div>", ("Ann Lee",)),
    "an agency instead of a person": ("", "<div class='byline'>By The Associated Press</div>", ("The Associated Press",)),
    "the site itself": ("<meta property='og:site_name' content='Quayport News'><meta name='author' content='Quayport News'>", "", ()),
    "an address": ("<meta name='author' content='https://quayport.example/ann'>", "", ()),
}  # fmt: skip


@pytest.mark.parametrize(("head", "before", "authors"), list(AUTHORS.values()), ids=list(AUTHORS))
def test_authors_are_found_where_they_stand(article: Story, page: Make, head: str, before: str, authors: tuple[str, ...]) -> None:
    assert article(page(head=head, before=before)).authors == authors


def test_an_agency_byline_is_evidence_of_the_agency(article: Story, page: Make) -> None:
    found = article(page(before="<div class='byline'>By The Associated Press</div>"))
    assert (found.agency, found.agency_evidence) == ("Associated Press", "byline")


TITLES = {
    "the h1 that the title element confirms": ("Crane falls across the harbour channel", "", "Crane falls across the harbour channel"),
    "a headline for search engines loses": ("Crane falls across the harbour channel", ld(headline="Quayport crane accident 2026: latest updates"), "Crane falls across the harbour channel"),
    "entities are resolved": ("Crane &amp; tug fall across the harbour channel", "", "Crane & tug fall across the harbour channel"),
}  # fmt: skip


@pytest.mark.parametrize(("title", "head", "expected"), list(TITLES.values()), ids=list(TITLES))
def test_the_title_is_what_the_page_shows(article: Story, page: Make, title: str, head: str, expected: str) -> None:
    assert article(page(title=title, head=head)).title == expected


def test_without_an_h1_the_title_loses_the_name_of_the_site(article: Story, page: Make) -> None:
    html = page(head="<meta property='og:site_name' content='Quayport News'>").replace(
        "<h1>Crane falls across the harbour channel</h1>", ""
    )
    assert article(html).title == "Crane falls across the harbour channel"
