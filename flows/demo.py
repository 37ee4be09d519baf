"""The main job on seeds/demo: a small newsroom on loopback, polled at three moments of its day, offline and without a server of Prefect."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from textwrap import shorten

import duckdb

from flows.cli.look import story_head
from flows.path import Polled, poll
from tasks import look
from tasks.core.render.inert import inert_line
from tasks.core.render.lineage import lineage_lines
from tasks.core.render.table import table_lines
from tasks.demo_newsroom import MOMENTS, served_newsroom
from tasks.due import last_asked_at
from tasks.home import Home
from tasks.resources import resource
from tasks.settings import Settings
from tasks.snapshot import dicts, opened_snapshot
from tasks.watch import NOBODY, Watch

TABLES = ("agencies.csv", "outlets.csv")  # of the demo newsroom, which the home adds to the shipped ones
CONTACT = "https://copydesk.example/contact"  # where the home names nobody
POLLED_BEFORE = "was polled before"
TITLE_CHARS, WORDS_CHARS = 60, 100  # characters
GONE = "select url, title, text from entries where page_state = 'gone' order by url"
QUERIES = (
    ("who carried whose report, how much of it, and how much later", "select outlet, copied_from_outlet, relation, round(kept_share, 2) as kept, credit_given, lag_s from copies order by story_id, lag_s"),
    ("what each change of a report was", "select outlet, version_no, edit_class, words_added, words_removed from versions where version_no > 1 order by captured_at"),
    ("what was declined, and why", "select url, reason, detail from rejects"),
    ("when each feed is polled next, and why then", "select title, kind, next_poll_at, why_then from feeds order by next_poll_at"),
    ("what a feed says of pages that could not be read", "select url, page_state, page_reason, title, text from entries where page_state in ('gone', 'rejected')"),
)  # fmt: skip


def demo_lines(home: Home, settings: Settings, watch: Watch) -> list[str]:
    """Poll the newsroom at its three moments and return what a user came for."""
    demo = resource("seeds") / "demo"
    home.seeds.mkdir(exist_ok=True)
    for name in TABLES:
        shutil.copyfile(demo / name, home.seeds / name)
    lines = ["A small newsroom, polled at three moments:"]
    with home.locked() as warehouse:
        last = last_asked_at(warehouse)
    for moment, now in MOMENTS.items():
        if last and now < last:  # its clock would seem to be set back
            lines.append(f"  {moment:10} {POLLED_BEFORE}")
            continue
        with served_newsroom(demo, moment) as newsroom:
            there = replace(
                settings, now=now, contact=settings.contact or CONTACT, host_gap_s=0.0, allow_hosts=newsroom.hosts, resolve=newsroom.resolve
            )
            done = poll(home, there, [str(demo / "feeds.opml")], watch=replace(watch, told=NOBODY.told))
        lines.append(f"  {moment:10} {_counted(done) if done.requests else POLLED_BEFORE}")
    return lines + _shown(home)


def _counted(done: Polled) -> str:
    return (
        f"{done.feeds_due} feeds, {done.feeds_unchanged} unchanged: {done.entries_new} entries new, {done.pages_fetched} pages fetched, "
        f"{done.articles_new} articles, {done.versions_new} versions, {done.stories_new} stories, {done.copies_new} copies, "
        f"{done.rejected} declined"
    )


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
        gone = _gone(snapshot)
    lines += ["", "The ledger: every URL ends in one state.", ""]
    lines += table_lines(("state", "reason", "urls"), [(row["state"], row["reason"], row["entry_count"]) for row in summary])
    lines.append(f"adds up to {sum(row['entry_count'] for row in summary)} of {total} URLs")
    return [*lines, *gone, "", "Try next:", "", *_queries(home)]


def _gone(snapshot: duckdb.DuckDBPyConnection) -> list[str]:
    """Return what the feeds say of pages that were gone when they were asked for."""
    lines = []
    for row in dicts(snapshot, GONE):
        url, title, text = (inert_line(str(row[name])) for name in ("url", "title", "text"))
        lines.append(f"gone, but its feed gave these words: {url}: “{title}”: {shorten(text, WORDS_CHARS, placeholder=' …')}")
    return lines


def _queries(home: Home) -> list[str]:
    command = Path(sys.argv[0])
    called = "copydesk" if shutil.which("copydesk") == str(command) else str(command)
    lines: list[str] = []
    for purpose, sql in QUERIES:
        lines += [f"# {purpose}", f'{called} --home {inert_line(str(home.root))} query "{sql}"', ""]
    return lines[:-1]
