"""A story as a tree: who carried whose text, when, how much of it, and what each article's versions changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks.core.render.changes import change_lines
from tasks.core.render.inert import inert_line, shortened

TITLE_CHARS = 70  # characters
SHOWN_CHANGES = 5  # lines of one version
CHANGE_CHARS = 110  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionNote:
    """One version of an article. `changes`: ("added" or "removed", text) since the one before."""

    version_no: int
    captured_at: datetime
    edit_class: str | None
    words_added: int | None
    words_removed: int | None
    changes: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """One article of a story. `parent_id`: the article it has its text from; None for a root."""

    article_id: str
    parent_id: str | None
    outlet: str | None
    title: str | None
    url: str | None
    relation: str | None
    kept_share: float | None
    added_share: float | None
    lag_s: int | None
    credit: str | None
    is_first: bool
    is_ordered: bool = True  # known to be later than its parent
    published: str
    versions: Sequence[VersionNote] = ()


def lineage_lines(carriers: Sequence[Carrier]) -> list[str]:
    """Return the lines of a tree, the first reports at the root; one of a circle of parents is a root too."""
    by_id = {carrier.article_id: carrier for carrier in carriers}
    children: dict[str | None, list[Carrier]] = {}
    for carrier in carriers:
        parent = carrier.parent_id if carrier.parent_id in by_id and not _closes_circle(carrier, by_id) else None
        children.setdefault(parent, []).append(carrier)
    lines: list[str] = []
    for root in children.get(None, ()):
        _draw(root, children, "", "", lines)
    return lines


def _closes_circle(carrier: Carrier, by_id: Mapping[str, Carrier]) -> bool:
    """Tell whether the parents of an article lead back to it, and it is the first of this circle by id."""
    circle = [carrier.article_id]
    above = by_id.get(carrier.parent_id or "")
    while above is not None and above.article_id not in circle:
        circle.append(above.article_id)
        above = by_id.get(above.parent_id or "")
    return above is carrier and carrier.article_id == min(circle)


def _draw(carrier: Carrier, children: Mapping[str | None, list[Carrier]], branch: str, indent: str, lines: list[str]) -> None:
    lines.append(branch + _headline(carrier))
    below = children.get(carrier.article_id, [])
    trunk = indent + ("│  " if below else "   ")
    lines.extend(trunk + line for line in _details(carrier))
    for place, child in enumerate(below):
        is_last = place == len(below) - 1
        _draw(child, children, indent + ("└─ " if is_last else "├─ "), indent + ("   " if is_last else "│  "), lines)


def _headline(carrier: Carrier) -> str:
    name = inert_line(carrier.outlet or "outlet unknown")
    first = "  first report" if carrier.is_first else ""
    return f"{name}  {carrier.published}{first}  [{carrier.article_id[:12]}]"


def _details(carrier: Carrier) -> list[str]:
    lines = [f"“{shortened(carrier.title, TITLE_CHARS)}”"] if carrier.title else []
    if carrier.relation:
        lines.append(_relation(carrier))
    if carrier.credit:
        lines.append(f"credits {inert_line(carrier.credit)}")
    if len(carrier.versions) > 1:
        for version in carrier.versions:
            lines += _version(version)
    return lines


def _relation(carrier: Carrier) -> str:
    parts = [carrier.relation or ""]
    if carrier.kept_share is not None:
        parts.append(f"keeps {carrier.kept_share:.0%}")
    if carrier.added_share is not None:
        parts.append(f"adds {carrier.added_share:.0%}")
    if not carrier.is_ordered:
        parts.append("which was first is unknown")
    if carrier.lag_s is not None:
        parts.append(f"{duration(carrier.lag_s)} later")
    return ", ".join(parts)


def _version(version: VersionNote) -> list[str]:
    seen = f"version {version.version_no}, seen {version.captured_at:%Y-%m-%d %H:%M}"
    if version.edit_class is None:
        return [seen]
    lines = [f"{seen}: {version.edit_class}, +{version.words_added} −{version.words_removed} words"]
    changed = change_lines(version.changes)
    lines += [f"   {shortened(line, CHANGE_CHARS)}" for line in changed[:SHOWN_CHANGES]]
    if len(changed) > SHOWN_CHANGES:
        lines.append(f"   … and {len(changed) - SHOWN_CHANGES} more")
    return lines


def duration(seconds: int) -> str:
    """Return a span of time as people say it: 40 s, 12 min, 3 h 5 min, 2 d 4 h."""
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h"
