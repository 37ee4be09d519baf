"""What a page says of itself in JSON-LD, however it is wrapped or broken."""

from __future__ import annotations

import pytest

from tasks.core.pages.json_ld import article_node, json_ld_nodes, text_of

NODE = '{"@type":"NewsArticle","headline":"Crane falls"}'
SCRIPTS = {
    "plain": NODE,
    "in a list": f"[{NODE}]",
    "in a graph": '{"@context":"x","@graph":[{"@type":"WebSite","name":"Q"},' + NODE + "]}",
    "in a comment": f"<!-- {NODE} -->",
    "in CDATA": f"//<![CDATA[\n{NODE}\n//]]>",
    "with a semicolon": f"{NODE};",
    "with a trailing comma": '{"@type":"NewsArticle","headline":"Crane falls",}',
    "with a raw line break": '{"@type":"NewsArticle","description":"a\nb","headline":"Crane falls"}',
    "cut off": '{"@type":"NewsArticle","headline":"Crane falls","author":{"na',
}


@pytest.mark.parametrize("script", list(SCRIPTS.values()), ids=list(SCRIPTS))
def test_the_headline_is_read(script: str) -> None:
    node = article_node(json_ld_nodes([script]), url=None, titles=())
    assert node is not None
    assert text_of(node["headline"]) == "Crane falls"


@pytest.mark.parametrize(
    "script",
    ["", "null", "3", "[]", "{", "[" * 50_000, '{"@type":' * 2_000],
    ids=["empty", "null", "number", "empty list", "open", "deep", "deep objects"],
)
def test_what_is_no_node_gives_none(script: str) -> None:
    assert json_ld_nodes([script]) == []


def test_the_node_of_this_page_wins_over_others() -> None:
    scripts = [
        '{"@type":"NewsArticle","url":"https://a.example/other","headline":"Other"}',
        '{"@type":"NewsArticle","url":"https://a.example/this/","headline":"This"}',
    ]
    node = article_node(json_ld_nodes(scripts), url="https://a.example/this?x=1", titles=())
    assert node is not None
    assert node["headline"] == "This"
