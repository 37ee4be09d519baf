"""What came of a run, as Markdown and tables for Prefect's interface. What others wrote is text there, whatever it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.core.render.inert import inert_line, shortened

CELL_CHARS = 200  # characters of a text in a table
SHOWN = 10  # stories and refusals in the summary; the tables have more
MARKUP = re.compile(r"([\\`*_\[\]<>#|~&]|^[+-]|(?<=^\d)[.)]|(?<=\bwww)\.|:(?=//))", re.IGNORECASE)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What came of a run.

    line         all of it in one sentence
    stories      that were found; copies: articles that joined a story; changes: of versions; gaps: of feeds; rejects: what was declined
    more         of what there is more than is listed here, and how many in all
    """

    line: str
    stories: Sequence[Row] = ()
    copies: Sequence[Row] = ()
    changes: Sequence[Row] = ()
    gaps: Sequence[Row] = ()
    rejects: Sequence[Row] = ()
    more: Mapping[str, int] = field(default_factory=dict)


TABLES = {
    "stories": "Stories that were found",
    "copies": "Articles that carry a story which was there",
    "changes": "Articles that say something else than before",
    "gaps": "Feeds that moved faster than they were asked",
    "rejects": "What was declined, and why",
}


def escaped(text: str) -> str:
    """Return a text of others for Markdown: on one line, no link, no image, no tag, no emphasis."""
    return MARKUP.sub(r"\\\1", inert_line(text))


def summary_markdown(title: str, report: RunReport) -> str:
    """Return a run's summary."""
    lines = [f"# {escaped(title)}", "", escaped(report.line), ""]
    for name, heading in TABLES.items():
        rows = getattr(report, name)
        if not rows:
            continue
        count = report.more.get(name, len(rows))
        lines += [f"## {heading}: {count}", "", *(f"- {_item(row)}" for row in rows[:SHOWN])]
        lines += [f"- and {count - SHOWN} more", ""] if count > SHOWN else [""]
    return "\n".join(lines)


def _item(row: Row) -> str:
    return ", ".join(_said(name, str(value)) for name, value in row.items() if value is not None and not name.endswith("_id"))


def _said(name: str, value: str) -> str:
    """Return an address as code, which no one clicks by mistake, and every other text as text."""
    return f"`{shortened(value.replace('`', ''), CELL_CHARS)}`" if name == "url" else escaped(shortened(value, CELL_CHARS))


def table_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return rows as a table artifact takes them: its cells are Markdown too; numbers stay what they are."""
    return [{name: value if isinstance(value, int | float) else _cell(name, value) for name, value in row.items()} for row in rows]


def _cell(name: str, value: object) -> str:
    return "" if value is None else _said(name, str(value))
