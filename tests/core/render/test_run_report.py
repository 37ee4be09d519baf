"""What a run shows: Markdown in which the text of others is text. Looked at in a browser, 2026-11: table cells are Markdown there as well."""

from __future__ import annotations

import pytest

from tasks.core.render.run_report import RunReport, escaped, summary_markdown, table_rows

HOSTILE = {
    "link": ("[click](javascript:alert(1))", r"\[click\](javascript:alert(1))"),
    "image": ("![i](http://127.0.0.1/x.png)", r"!\[i\](http\://127.0.0.1/x.png)"),
    "tag": ("<img src=x onerror=alert(2)>", r"\<img src=x onerror=alert(2)\>"),
    "emphasis": ("**bold** _it_ ~~no~~ `code`", r"\*\*bold\*\* \_it\_ \~\~no\~\~ \`code\`"),
    "heading": ("# one\n## two", r"\# one \#\# two"),
    "list": ("- item", r"\- item"),
    "numbers": ("1. first", r"1\. first"),
    "table": ("a | b", r"a \| b"),
    "entity": ("&lt;b&gt;", r"\&lt;b\&gt;"),
    "backslash": ("\\[x](y)", r"\\\[x\](y)"),
    "address": ("see www.evil.example and https://evil.example", r"see www\.evil.example and https\://evil.example"),
    "control": ("a\x1b[31mb\u202ec", "a\ufffd\\[31mb\ufffdc"),
    "plain": ("Two killed as landslide derails train, mayor “learned it from the radio”", "Two killed as landslide derails train, mayor “learned it from the radio”"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), HOSTILE.values(), ids=HOSTILE)
def test_text_of_others_is_text(text: str, wanted: str) -> None:
    assert escaped(text) == wanted


def test_a_summary_says_what_came_of_a_run_and_how_much_more_there_is() -> None:
    stories = [
        {"title": f"Title *{number}*", "outlet": None, "url": f"https://a.example/`{number}`", "story_id": "f" * 32} for number in range(12)
    ]
    report = RunReport(line="14 inputs", stories=stories, more={"stories": 30})
    lines = summary_markdown("Files loaded", report).splitlines()
    assert lines[:5] == ["# Files loaded", "", "14 inputs", "", "## Stories that were found: 30"]
    assert lines[6] == r"- Title \*0\*, `https://a.example/0`"
    assert lines[-1] == "- and 20 more"
    assert not any("declined" in line for line in lines)


def test_cells_of_a_table_are_escaped_and_short_and_numbers_stay_numbers() -> None:
    [row] = table_rows([{"title": "<b>" + "x" * 300, "url": "https://a.example/`", "words_added": 3, "outlet": None}])
    assert row["title"].startswith(r"\<b\>xxx")
    assert len(row["title"]) < 210
    assert (row["url"], row["words_added"], row["outlet"]) == ("`https://a.example/`", 3, "")
