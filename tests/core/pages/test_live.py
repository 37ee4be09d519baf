"""Live blogs on pages: entries numbered, missing ones added, none dropped."""

from __future__ import annotations

import json
from collections.abc import Callable

from tasks.core.records import Article

ENTRIES = [
    ("Crane is lifted", "The crane was lifted at noon on Friday, the port authority said in a short message to the ships that wait."),
    ("Wind drops", "The wind dropped in the night and the floating crane left its berth, harbour master Ida Brandt told reporters."),
    ("Ships wait", "Eleven ships wait outside the breakwater and more are expected, according to the pilots on the island of Holm."),
]


def blog(updates: list[tuple[str, str]]) -> str:
    node = {
        "@type": "LiveBlogPosting",
        "headline": "Crane: live",
        "liveBlogUpdate": [{"@type": "BlogPosting", "headline": heading, "articleBody": f"<p>{text}</p>"} for heading, text in updates],
    }
    return f'<script type="application/ld+json">{json.dumps(node)}</script>'


def test_entries_are_numbered_in_the_order_of_the_page(article: Callable[..., Article], page: Callable[..., str]) -> None:
    body = "".join(
        f"<h2>{heading}</h2><p>{text}</p><p>More on {heading.lower()} was to follow in the hour, the port said then.</p>"
        for heading, text in ENTRIES
    )
    found = article(page(head=blog(ENTRIES), body=body))
    assert found.is_live_blog
    assert [(block.text, block.entry_no) for block in found.blocks if block.type == "live_entry_heading"] == [
        (heading, number) for number, (heading, _) in enumerate(ENTRIES, 1)
    ]
    assert {block.entry_no for block in found.blocks if block.type == "paragraph"} == {1, 2, 3}


def test_entries_that_the_body_lacks_are_added(article: Callable[..., Article], page: Callable[..., str]) -> None:
    body = "".join(f"<h2>{heading}</h2><p>{text}</p>" for heading, text in ENTRIES[:2])
    found = article(page(head=blog(ENTRIES), body=body))
    assert ENTRIES[2][1] in found.text
    assert [block.entry_no for block in found.blocks if ENTRIES[2][1] == block.text] == [3]


def test_a_live_blog_as_a_whole_has_no_dateline(article: Callable[..., Article], page: Callable[..., str]) -> None:
    entries = [(heading, f"QUAYPORT, Norland (AP) — {text}") for heading, text in ENTRIES]
    found = article(page(head=blog(entries), body="".join(f"<h2>{heading}</h2><p>{text}</p>" for heading, text in entries)))
    assert (found.dateline_place, found.agency) == (None, None)
