"""Text that the extraction leaves out though it stands beside what it keeps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.core.pages.body import Piece
from tasks.core.pages.siblings import left_out, linked_share, merged
from tasks.core.pages.tree import mark_blocks, parsed_tree
from tasks.core.records import Article


def sentence(number: int) -> str:
    return f"Paragraph {number} tells how the crane fell across the main channel of the harbour on that morning."


def chunk(*numbers: int) -> str:
    return "<div class='chunk'>" + "".join(f"<p>{sentence(number)}</p>" for number in numbers) + "</div>"


def found_beside(html: str, kept_texts: list[str]) -> list[str]:
    tree = parsed_tree(f"<html><body>{html}</body></html>")
    assert tree is not None
    marked = mark_blocks(tree)
    kept = frozenset(number for number, element in enumerate(marked) if "".join(element.itertext())[1:] in kept_texts)
    return [piece.text for piece in left_out(marked, kept, " ".join(kept_texts))]


KEPT = [sentence(1), sentence(2), sentence(3)]


@pytest.mark.parametrize(
    ("html", "texts"),
    [
        (f"<section>{chunk(1, 2, 3)}<div>Advertisement</div>{chunk(4, 5)}</section>", [sentence(4), sentence(5)]),
        (
            f"<div class='chunk'><p>{sentence(1)}</p><p>{sentence(2)}</p><p>{sentence(3)}</p><ul><li>{sentence(4)}</li></ul></div>",
            [sentence(4)],
        ),
        (f"<section>{chunk(1, 2, 3)}<div class='comments'><p>{sentence(4)}</p></div></section>", []),
        (f"<section>{chunk(1, 2, 3)}<aside>{chunk(4)}</aside></section>", []),
        (f"<section>{chunk(1, 2, 3)}<div class='chunk'><p><a href='x'>{sentence(4)}</a></p></div></section>", []),
        (f"<article>{chunk(1, 2, 3)}</article><article>{chunk(4, 5)}</article>", []),
    ],
    ids=["a chunk of the same make", "a list in the same container", "comments", "an aside", "a linked paragraph", "another article"],
)
def test_only_what_stands_among_the_kept_text_is_taken_back(html: str, texts: list[str]) -> None:
    assert found_beside(html, KEPT) == texts


def test_what_is_there_already_is_not_taken_twice() -> None:
    html = f"<section>{chunk(1, 2, 3)}{chunk(3)}</section>"
    assert found_beside(html, KEPT) == []


def test_pieces_are_set_in_where_they_stood() -> None:
    own = [Piece(type="paragraph", text="a", place=2), Piece(type="paragraph", text="b"), Piece(type="paragraph", text="c", place=9)]
    others = [Piece(type="caption", text="x", place=4), Piece(type="title", text="t", place=0), Piece(type="list_item", text="z", place=12)]
    assert [piece.text for piece in merged(own, others)] == ["t", "a", "b", "x", "c", "z"]


def test_the_share_of_links_is_of_characters() -> None:
    tree = parsed_tree("<p>12345<a href='x'>12345</a></p>")
    assert tree is not None
    assert linked_share(tree) == 0.5


def test_an_article_cut_into_chunks_is_read_whole(article: Callable[..., Article], page: Callable[..., str]) -> None:
    chunks = "".join(
        f"<div class='grid'><div class='chunk'><p>{sentence(n)}</p><p>{sentence(n + 1)}</p></div></div><div class='ad'><span>Advertisement</span></div>"
        for n in range(0, 12, 2)
    )
    text = article(page(body=chunks)).text
    assert [sentence(number) in text for number in range(12)] == [True] * 12
