"""Commands on feeds: the list as data."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.context import Context, plain_text
from tasks.core.errors import UsageError

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
    from tasks.feed_list import add_feeds

    shared: Context = context.obj
    home = shared.home()
    settings = shared.settings(home)
    if discover:
        from tasks.check_feed import announced_feeds

        urls = announced_feeds(urls, settings)
    done = add_feeds(home, [OutlinedFeed(url=url) for url in urls], outlet=outlet, now=settings.clock())
    shared.result(
        {**asdict(done), "urls": urls}, [_changed_line(done.changed, done.unchanged, "added", "on the list already"), *urls * discover]
    )
    return 0


@feeds.command()
def remove(context: typer.Context, urls: Urls) -> int:
    """Take feeds off the list; what they brought stays."""
    from tasks.feed_list import remove_feeds

    shared: Context = context.obj
    home = shared.home_to_read()
    done = remove_feeds(home, urls, now=shared.settings(home).clock())
    shared.result(asdict(done), [_changed_line(done.changed, done.unchanged, "removed", "not on the list")])
    return 0


@feeds.command("list")
def list_feeds(
    context: typer.Context, show_all: Annotated[bool, typer.Option("--all", help="Those taken off the list, too.")] = False
) -> int:
    """Show the list: state of each feed, when it is asked next, and why then."""
    from tasks.core.render.table import table_lines
    from tasks.feed_list import listed_feeds

    shared: Context = context.obj
    rows = listed_feeds(shared.home_to_read(), with_removed=show_all)
    cells = [(row["state"], _time(row["next_poll_at"]), row["why_then"], row["title"] or "", row["url"]) for row in rows]
    lines = table_lines(("state", "next poll", "why then", "title", "url"), cells, max_cell=80)
    shared.result(
        {"feeds": rows}, lines if rows else ["no feeds; add one with `copydesk feeds add URL`, or a list with `copydesk feeds import FILE`"]
    )
    return 0


@feeds.command()
def check(context: typer.Context, urls: Urls) -> int:
    """Look at feeds before they are added: one line each; nothing is stored."""
    from tasks.check_feed import check_feeds
    from tasks.settings import load_settings

    shared: Context = context.obj
    found = check_feeds(urls, load_settings(shared.root(), os.environ))
    lines = [f"{'good' if feed.is_good else 'bad':4}  {feed.url}: {feed.said}" for feed in found]
    shared.result({"feeds": [asdict(feed) for feed in found]}, lines)
    return 0 if all(feed.is_good for feed in found) else 3 if any(feed.is_good for feed in found) else 1


@feeds.command("import")
def import_list(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="OPML", help="A list as feed readers export it.")],
    outlet: Annotated[str | None, typer.Option(help="Outlet of all of them.", show_default=False)] = None,
) -> int:
    """Put the feeds of an OPML list on the list."""
    from tasks.feed_list import add_feeds, feeds_in_file

    shared: Context = context.obj
    found = feeds_in_file(path)
    home = shared.home()
    done = add_feeds(home, found, outlet=outlet, now=shared.settings(home).clock())
    shared.result(asdict(done), [_changed_line(done.changed, done.unchanged, "added", "on the list already")])
    return 0


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
        typer.echo(opml.decode("utf-8"), nl=False)
        return 0
    try:
        path.write_bytes(opml)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); give another file") from error
    return 0


def _changed_line(changed: int, unchanged: int, verb: str, otherwise: str) -> str:
    return f"{changed} {verb}" + (f", {unchanged} {otherwise}" if unchanged else "")


def _time(value: object) -> str:
    return plain_text(value) if value is not None else "never"
