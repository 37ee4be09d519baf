"""The main job on seeds/demo: a small newsroom, captured at three moments, offline and without a server."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from flows.cli.look import story_head
from flows.path import load
from tasks import look
from tasks.core.render.inert import inert_line
from tasks.core.render.lineage import lineage_lines
from tasks.core.render.table import table_lines
from tasks.home import Home
from tasks.resources import resource
from tasks.settings import Settings
from tasks.snapshot import opened_snapshot
from tasks.watch import Watch

TABLES = ("agencies.csv", "outlets.csv")  # of the demo newsroom, which the home adds to the shipped ones
TITLE_CHARS = 60  # characters
QUERIES = (
    ("who carried whose report, how much of it, and how much later", "select outlet, copied_from_outlet, relation, round(kept_share, 2) as kept, credit_given, lag_s from copies order by story_id, lag_s"),
    ("what each change of a report was", "select outlet, version_no, edit_class, words_added, words_removed from versions where version_no > 1 order by captured_at"),
    ("what was declined, and why", "select url, reason, detail from rejects"),
)  # fmt: skip


def demo_lines(home: Home, settings: Settings, watch: Watch) -> list[str]:
    """Load the three moments and return what a user came for."""
    demo = resource("seeds") / "demo"
    home.seeds.mkdir(exist_ok=True)
    for name in TABLES:
        shutil.copyfile(demo / name, home.seeds / name)
    lines = ["A small newsroom, captured at three moments:"]
    for moment in sorted(path for path in demo.iterdir() if path.is_dir()):
        done = load(home, settings, [str(moment)], watch=watch)
        lines.append(
            f"  {moment.name:10} {done.inputs} pages: {done.captures_new} captures, {done.articles_new} articles, {done.versions_new} versions, "
            f"{done.stories_new} stories, {done.copies_new} copies, {done.rejected} declined"
        )
    return lines + _shown(home)


def _shown(home: Home) -> list[str]:
    with opened_snapshot(home) as snapshot:
        listed = look.stories(snapshot, since=None, until=None, topic=None, limit=1000)
        carried = [row for row in listed if row["article_count"] > 1]
        lines = [
            "",
            f"{sum(row['article_count'] for row in listed)} articles are {len(listed)} stories. Those with more than one carrier:",
            "",
        ]
        rows = [(row["story_id"][:12], row["article_count"], row["outlet_count"], row["origin"], row["title"]) for row in carried]
        lines += table_lines(("story", "articles", "outlets", "origin", "title"), rows, max_cell=TITLE_CHARS)
        if carried:
            row = look.story_row(snapshot, carried[0]["story_id"])
            lines += [
                "",
                "One of them, as `copydesk story` draws it:",
                "",
                *story_head(row),
                *lineage_lines(look.carriers(snapshot, row["story_id"])),
            ]
        summary, total = look.ledger_summary(snapshot)
    lines += ["", "The ledger: every URL ends in one state.", ""]
    lines += table_lines(("state", "reason", "urls"), [(row["state"], row["reason"], row["entry_count"]) for row in summary])
    lines.append(f"adds up to {sum(row['entry_count'] for row in summary)} of {total} URLs")
    return [*lines, "", "Try next:", "", *_queries(home)]


def _queries(home: Home) -> list[str]:
    command = Path(sys.argv[0])
    called = "copydesk" if shutil.which("copydesk") == str(command) else str(command)
    lines: list[str] = []
    for purpose, sql in QUERIES:
        lines += [f"# {purpose}", f'{called} --home {inert_line(str(home.root))} query "{sql}"', ""]
    return lines[:-1]
