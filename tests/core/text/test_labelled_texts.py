"""The five labelled texts, where they lie beside the checkout: every label of the section `normalization` met."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tasks.core.records import Article

SHARED = Path(__file__).resolve().parents[4] / "shared"
GOLD = sorted((SHARED / "data" / "facts" / "gold").glob("seed_*.json"))

pytestmark = pytest.mark.skipif(not GOLD, reason="the labelled texts are not beside the checkout")


def labels(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text("utf-8"))["normalization"]
    assert isinstance(found, dict)
    return found


@pytest.fixture(params=GOLD, ids=lambda path: path.stem[5:8])
def case(request: pytest.FixtureRequest, text_article: Callable[..., Article]) -> tuple[Article, dict[str, Any]]:
    path = request.param
    return text_article((SHARED / "seeds" / f"{path.stem.removeprefix('seed_')}.txt").read_text("utf-8")), labels(path)


def test_fields_are_read_as_labelled(case: tuple[Article, dict[str, Any]]) -> None:
    found, label = case
    assert {name: getattr(found, name) for name in ("title", "dek", "dateline_place", "agency", "agency_evidence")} == {
        name: label[name] for name in ("title", "dek", "dateline_place", "agency", "agency_evidence")
    }
    assert list(found.authors) in [label["authors"] or [], *label.get("authors_alt", [])]
    assert list(found.contributors) == [contributor["name"] for contributor in label["contributors"]]


def test_blocks_are_typed_as_labelled(case: tuple[Article, dict[str, Any]]) -> None:
    found, label = case
    accepted = [(block["first_words"], {block["type"], *block.get("type_alt", [])}) for block in label["blocks"]]
    typed = [(" ".join(block.text.split()[:8]), block.type) for block in found.blocks if block.type != "paragraph"]
    assert [words for words, _ in typed] == [words for words, _ in accepted]
    assert all(kind in kinds for (_, kind), (_, kinds) in zip(typed, accepted, strict=True))


def test_entries_are_split_as_labelled(case: tuple[Article, dict[str, Any]]) -> None:
    found, label = case
    headings = [block.text for block in found.blocks if block.type == "live_entry_heading"]
    assert headings == [entry["heading"] for entry in label.get("live_entries") or []]
