"""Commands that keep a home well: doctor and demo."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Annotated

import typer

from flows.cli.context import Context
from flows.cli.progress import Progress
from tasks.core.render.inert import inert_line

DEMO_HOME = "copydesk-demo"


def register(app: typer.Typer) -> None:
    for command in (doctor, demo):
        app.command()(command)


def doctor(
    context: typer.Context, deep: Annotated[bool, typer.Option("--deep", help="Read everything: each segment, each row.")] = False
) -> int:
    """Check the home and the installation, and change nothing; each finding with its remedy."""
    from tasks.doctor.checkup import findings
    from tasks.home import Home

    shared: Context = context.obj
    root = shared.root()
    found = findings(Home(root=root, raw_root=root, wait_s=shared.wait_s), os.environ, is_deep=deep)
    lines = [
        f"{finding.state:4}  {finding.name}: " + inert_line(finding.text + (f"; {finding.remedy}" if finding.remedy else ""))
        for finding in found
    ]
    shared.result({"findings": [asdict(finding) for finding in found]}, lines)
    return 1 if any(finding.state == "bad" for finding in found) else 0


def demo(context: typer.Context) -> None:
    """Load a small newsroom at three moments and show what comes of it; offline, without a server."""
    from flows.demo import demo_lines

    shared: Context = context.obj
    home = shared.home(default=DEMO_HOME)
    with Progress(shared) as progress:
        lines = demo_lines(home, shared.settings(home), progress.watch())
    shared.result({"home": str(home.root)}, lines)
