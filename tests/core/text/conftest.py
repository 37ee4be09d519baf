"""The newsroom's own lists, and texts read as files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.core.pages.plain import read_text
from tasks.core.records import Article, Given
from tasks.core.text.lists import Lists, parse_lists

SEEDS = Path(__file__).resolve().parents[3] / "seeds"


@pytest.fixture(scope="session")
def lists() -> Lists:
    return parse_lists(
        agencies_csv=(SEEDS / "agencies.csv").read_text("utf-8"), boilerplate_csv=(SEEDS / "boilerplate.csv").read_text("utf-8")
    )


@pytest.fixture(scope="session")
def text_article(lists: Lists) -> Callable[..., Article]:
    """Read a text that must be an article: text_article(text, given=...)."""

    def call(text: str, *, given: Given | None = None, url: str | None = None) -> Article:
        found = read_text(text.encode(), url=url, charset=None, given=given or Given(), lists=lists, captured_at=None)
        assert isinstance(found, Article), found
        return found

    return call
