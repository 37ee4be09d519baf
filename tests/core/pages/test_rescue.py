"""Pages that only scripts fill."""

from __future__ import annotations

import json
from collections.abc import Callable

from tasks.core.pages.rescue import embedded_pieces
from tasks.core.records import Article

HTML = "".join(
    f"<p class='a'>Paragraph {number} says “yes” to the plan for the harbour of Quayport and its crane.</p>" for number in range(4)
)


def test_an_article_in_a_string_within_a_script_is_found() -> None:
    data = json.dumps({"title": "Crane", "contentHtml": f"<h2>What happened</h2>{HTML}"}).replace("<", "\\u003c")
    assert [piece.type for piece in embedded_pieces(f"<script>window.data = {data}</script>")] == ["heading"] + ["paragraph"] * 4


def test_a_string_within_a_string_is_found() -> None:
    inner = json.dumps({"contentHtml": HTML}).replace("<", "\\u003c")
    pieces = embedded_pieces(f"<script>push([1,{json.dumps(inner)}])</script>")
    assert pieces[0].text.startswith("Paragraph 0 says “yes”")


def test_scripts_without_paragraphs_give_nothing() -> None:
    assert embedded_pieces('<script>var a = "' + "x" * 500 + '"</script>') == []


def test_a_page_that_a_script_would_fill_is_read(article: Callable[..., Article]) -> None:
    data = json.dumps({"contentHtml": HTML}).replace("<", "\\u003c")
    found = article(
        f"<html><head><title>Crane falls</title></head><body><div id='root'></div><script>window.data = {data}</script></body></html>"
    )
    assert (found.title, len(found.text.split("\n\n"))) == ("Crane falls", 4)
