"""Commands on feeds."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Annotated

import typer

from flows.cli.context import Context

feeds = typer.Typer(help="Feeds as data.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    app.add_typer(feeds, name="feeds")


@feeds.command()
def check(context: typer.Context, urls: Annotated[list[str], typer.Argument(metavar="URL...", help="Addresses of feeds.")]) -> int:
    """Look at feeds before they are added: one line each; nothing is stored."""
    from tasks.check_feed import check_feeds
    from tasks.settings import load_settings

    shared: Context = context.obj
    found = check_feeds(urls, load_settings(shared.root(), os.environ))
    lines = [f"{'good' if feed.is_good else 'bad':4}  {feed.url}: {feed.said}" for feed in found]
    shared.result({"feeds": [asdict(feed) for feed in found]}, lines)
    return 0 if all(feed.is_good for feed in found) else 3 if any(feed.is_good for feed in found) else 1
