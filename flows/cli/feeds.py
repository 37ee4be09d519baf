"""Commands on feeds: the list as data."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.context import Context
from flows.cli.work import NOTHING_READ, PARTLY
from tasks.core.errors import UsageError
from tasks.core.render.inert import inert_line

if TYPE_CHECKING:
    from tasks.feed_list import Added

CELL_CHARS = 80  # characters of a cell on a terminal; whole in a pipe

feeds = typer.Typer(help="Feeds as data: the list, and what is polled when.", no_args_is_help=True, rich_markup_mode=None)

Urls = Annotated[list[str], typer.Argument(metavar="URL...", help="Addresses of feeds.")]


def register(app: typer.Typer) -> None:
    app.add_typer(feeds, name="feeds")


@feeds.command()
def add(
    context: typer.Context,
    urls: Urls,
    outlet: Annotated[str | None, typer.Option(help="Outlet of all that they announce.", show_default=False)] = None,
    discover: Annotated[bool, typer.Option("--discover", help="The addresses are pages: add the main feed that each announces.")] = False,
) -> int:
    """Put feeds on the list; `copydesk poll` asks them."""
    from tasks.core.feeds.opml import OutlinedFeed
    from tasks.feed_list import add_feeds, address
    from tasks.settings import load_settings

    shared: Context = context.obj
    urls = [address(url) for url in urls]
    if discover:
        from tasks.check_feed import announced_feeds

        urls = announced_feeds(urls, load_settings(shared.root(), os.environ))
    home = shared.home()
    done = add_feeds(home, [OutlinedFeed(url=url) for url in urls], outlet=outlet, now=shared.settings(home).clock())
    shared.result({**asdict(done), "urls": urls}, [_added_line(done), *map(inert_line, urls * discover)])
    return 0


@feeds.command()
def remove(context: typer.Context, urls: Urls) -> int:
    """Take feeds off the list; what they brought stays."""
    from tasks.feed_list import remove_feeds

    shared: Context = context.obj
    home = shared.home_to_read()
    removed = remove_feeds(home, urls, now=shared.settings(home).clock())
    shared.result({"removed": removed}, [f"{removed} removed"])
    return 0


@feeds.command("list")
def list_feeds(
    context: typer.Context, show_all: Annotated[bool, typer.Option("--all", help="Those taken off the list, too.")] = False
) -> int:
    """Show the list: state, next poll, and why then."""
    from tasks.core.messages import NO_FEEDS
    from tasks.core.render.table import MAX_CELL, table_lines
    from tasks.feed_list import listed_feeds

    shared: Context = context.obj
    rows = listed_feeds(shared.home_to_read(), with_removed=show_all)
    cells = [(row["state"], _time(row["next_poll_at"]), row["why_then"], row["outlet"], row["title"], row["url"]) for row in rows]
    width = CELL_CHARS if sys.stdout.isatty() else MAX_CELL
    lines = table_lines(("state", "next poll", "why then", "outlet", "title", "url"), cells, max_cell=width)
    shared.result({"feeds": rows}, lines if rows else [NO_FEEDS])
    return 0


@feeds.command()
def check(context: typer.Context, urls: Urls) -> int:
    """Look at feeds, one line each; nothing is stored."""
    from tasks.check_feed import check_feeds
    from tasks.settings import load_settings

    shared: Context = context.obj
    found = check_feeds(urls, load_settings(shared.root(), os.environ))
    lines = [f"{'good' if feed.is_good else 'bad':4}  " + inert_line(f"{feed.url}: {feed.said}") for feed in found]
    shared.result({"feeds": [asdict(feed) for feed in found]}, lines)
    if all(feed.is_good for feed in found):
        return 0
    return PARTLY if any(feed.is_good for feed in found) else NOTHING_READ


@feeds.command("import")
def import_list(
    context: typer.Context,
    opml: Annotated[str, typer.Argument(metavar="OPML", help="A file: a list as feed readers export it.", show_default=False)],
    outlet: Annotated[str | None, typer.Option(help="Outlet of all of them.", show_default=False)] = None,
) -> int:
    """Put the feeds of an OPML list on the list."""
    from tasks.feed_list import add_feeds, feeds_in_file

    shared: Context = context.obj
    if "://" in opml:
        raise UsageError(
            f"{opml}: is an address, not a file; save the list and import that, or give a feed's address to `copydesk feeds add`"
        )
    path = Path(opml)
    found = feeds_in_file(path)
    home = shared.home()
    done = add_feeds(home, found.feeds, outlet=outlet, now=shared.settings(home).clock())
    for url in found.refused:
        shared.failure(f"{path}: {url}: is no http or https address, and was left out; mend it and import the list again")
    if found.flags:
        shared.failure(f"{path}: has more than {len(found.feeds):,} feeds, and the rest was left out; split it")
    shared.result({**asdict(done), "refused": found.refused}, [_added_line(done)])
    return PARTLY if found.refused or found.flags else 0


@feeds.command("export")
def export_list(
    context: typer.Context,
    path: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Where to; without it, to stdout.", show_default=False)] = None,
) -> int:
    """Give the list as OPML."""
    from tasks.feed_list import exported

    shared: Context = context.obj
    opml = exported(shared.home_to_read())
    if path is None:
        text = opml.decode("utf-8")
        if shared.is_json or sys.stdout.isatty():
            shared.result({"opml": text}, [text.rstrip()])
        else:
            sys.stdout.buffer.write(opml)
        return 0
    try:
        path.write_bytes(opml)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); give another file") from error
    shared.note(f"written: {path}")
    if shared.is_json:
        shared.result({"path": str(path)}, [])
    return 0


def _added_line(done: Added) -> str:
    changed = f", {done.changed} with another outlet now" if done.changed else ""
    return f"{done.added} added{changed}" + (f", {done.unchanged} on the list already" if done.unchanged else "")


def _time(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M} UTC" if isinstance(value, datetime) else "never"
