"""What blocks are by where they stand on a page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.core.records import Article

Story = Callable[..., Article]
Make = Callable[..., str]


def types_of(found: Article, text: str) -> list[str]:
    return [block.type for block in found.blocks if text in block.text]


MIDDLE = "<p>The harbour was closed on Tuesday after a crane fell across the main channel, the port said.</p>"


@pytest.mark.parametrize(
    ("html", "text", "kind"),
    [
        ("<figure><img src='x.jpg'><figcaption>The crane in the water on Tuesday</figcaption></figure>", "The crane in the water", "caption"),
        ("<ul><li><a href='/x'>How the harbour was built in four years</a></li><li><a href='/y'>Ships that wait and what they carry</a></li></ul>", "How the harbour was built", "promo"),
        ("<p class='related-link'>Ships on the lake: what they carry today</p>", "Ships on the lake", "promo"),
        ("<blockquote class='twitter-tweet'><p>The crane is down and nobody is hurt, thank you all</p>— Ida Brandt (@ida) March 3, 2026</blockquote>", "The crane is down", "embedded_tweet"),
        ("<p>WATCH | The crane falls into the harbour</p>", "WATCH", "video"),
        ("<h2>What the port says</h2>", "What the port says", "heading"),
    ],
    ids=["caption", "list of links", "class of a teaser", "tweet", "player", "subhead"],
)  # fmt: skip
def test_a_block_in_mid_article_is_typed(article: Story, page: Make, html: str, text: str, kind: str) -> None:
    filler = "".join(
        f"<p>Ships waited outside for the {number}th hour while the crew of the tug made its plans.</p>" for number in range(4, 10)
    )
    assert types_of(article(page(body=MIDDLE + filler + html + filler.replace("th hour", "th day"))), text) in ([kind], [])
    assert text not in article(page(body=MIDDLE + filler + html + filler.replace("th hour", "th day"))).text or kind == "heading"


def test_a_caption_that_the_extraction_drops_is_kept_beside_the_text(article: Story, page: Make) -> None:
    found = article(page(before="<figure><img src='x.jpg'><figcaption>The crane in the water on Tuesday</figcaption></figure>"))
    assert types_of(found, "The crane in the water") == ["caption"]


def test_the_title_is_a_block_and_no_part_of_the_text(article: Story, page: Make) -> None:
    found = article(page())
    assert found.blocks[0].type == "title"
    assert "Crane falls across" not in found.text


def test_a_lead_that_repeats_the_description_stays_body(article: Story, page: Make) -> None:
    lead = "The harbour of Quayport was closed on Tuesday after a crane fell across the main channel, the port authority said."
    found = article(page(head=f'<meta name="description" content="{lead}">'))
    assert types_of(found, lead) == ["paragraph"]
    assert found.dek is None


def test_a_description_that_is_no_lead_serves_as_dek(article: Story, page: Make) -> None:
    assert article(page(head='<meta property="og:description" content="Eleven ships wait.">')).dek == "Eleven ships wait."
