"""Commands that keep a home well: doctor and demo."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.context import Context
from flows.cli.progress import Progress

DEMO_HOME = "copydesk-demo"


def register(app: typer.Typer) -> None:
    for command in (doctor, demo):
        app.command()(command)


def doctor(
    context: typer.Context, deep: Annotated[bool, typer.Option("--deep", help="Read every segment and check its digests.")] = False
) -> int:
    """Check the home and the installation; each finding with its remedy."""
    from tasks.doctor import findings

    shared: Context = context.obj
    home = shared.home()
    found = findings(home, shared.settings(home), is_deep=deep)
    lines = [f"{finding.state:4}  {finding.name}: {finding.text}" + (f"; {finding.remedy}" if finding.remedy else "") for finding in found]
    shared.result({"findings": [{"state": f.state, "name": f.name, "text": f.text, "remedy": f.remedy} for f in found]}, lines)
    return 1 if any(finding.state == "bad" for finding in found) else 0


def demo(context: typer.Context) -> None:
    """Load a small newsroom at three moments and show what comes of it; offline, without a server."""
    from flows.demo import demo_lines

    shared: Context = context.obj
    home = shared.home(default=DEMO_HOME)
    with Progress(shared) as progress:
        lines = demo_lines(home, shared.settings(home), progress.watch())
    shared.result({"home": str(home.root)}, lines)
