"""What a run shows of itself: what it took to raw, and not what others loaded meanwhile."""

from __future__ import annotations

from pathlib import Path

import synthetic_news as made

from flows import path
from tasks.home import Home
from tasks.run_report import mark, report_since
from tasks.settings import Settings
from tasks.watch import Watch


def test_what_a_run_took_to_raw_is_shown_and_nothing_else(home: Home, settings: Settings, tmp_path: Path) -> None:
    filled: dict[int, list[int]] = {}
    assert report_since(home, mark(home), "nothing").stories == ()
    begun = mark(home)
    for run in (1, 2):
        filled[run] = []
        lines = [made.row(10 * run + place, url=f"https://a.example/{run}/{place}", title=f"Run {run}") for place in range(3)]
        file = made.write_rows(tmp_path / f"{run}.jsonl", [*lines, '{"broken": '])
        path.load(home, settings, [str(file)], watch=Watch(filled=filled[run].append))
    report = report_since(home, begun, "3 inputs", filled[2])
    assert ([row["title"] for row in report.stories], dict(report.more)["stories"]) == (["Run 2"] * 3, 3)
    assert len(report_since(home, begun, "all").stories) == 6
    assert [row["reason"] for row in report_since(home, begun, "all").rejects] == ["bad_json", "bad_json"]
    assert report_since(home, mark(home), "later").stories == []
    assert report_since(home, begun, "of a run that took nothing", []).stories == []


def test_copies_and_changes_are_shown_with_what_they_are(home: Home, settings: Settings, tmp_path: Path) -> None:
    text = made.text(1)
    lines = [
        {"url": "https://a.example/1", "outlet": "Wire", "title": "One", "text": text, "captured": "2026-03-17T08:00:00Z"},
        {"url": "https://b.example/1", "outlet": "Echo", "title": "Two", "text": text, "captured": "2026-03-17T09:00:00Z"},
        {
            "url": "https://a.example/1",
            "outlet": "Wire",
            "title": "One",
            "text": text + " " + made.text(2),
            "captured": "2026-03-17T10:00:00Z",
        },
    ]
    path.load(home, settings, [str(made.write_rows(tmp_path / "a.jsonl", lines))])
    report = report_since(home, type(mark(home))(), "3 inputs")
    [copy], [change] = report.copies, report.changes
    assert (copy["outlet"], copy["relation"]) == ("Echo", "identical")
    assert (change["title"], change["edit_class"], change["words_removed"]) == ("One", "addition", 0)
