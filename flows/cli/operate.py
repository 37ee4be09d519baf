"""The command that keeps Copydesk running: serve."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated

import typer

from flows.cli.context import Context
from tasks.core.errors import UsageError

PORT = 4200  # Prefect's own default


def register(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    context: typer.Context,
    port: Annotated[int, typer.Option(help="Where the Prefect UI is served, on this machine only.", min=1, max=65535)] = PORT,
    limit: Annotated[int, typer.Option(help="Flow runs at a time.", min=1)] = 2,
    joins: Annotated[bool, typer.Option("--join", help="Start no server: join the one that PREFECT_API_URL names.")] = False,
) -> int:
    """Run it on this box: the Prefect server with its UI, all deployments on their schedules, and the drop folder; until Ctrl-C."""
    from flows import serving

    shared: Context = context.obj
    home = shared.home()
    for stop in (signal.SIGINT, signal.SIGTERM):  # a service manager stops it as Ctrl-C does; a shell's background lets it ignore that
        signal.signal(stop, signal.default_int_handler)

    def ready(address: str) -> None:
        drop = home.root.resolve() / "drop"
        shared.result({"ui": address, "drop": str(drop)}, [f"Prefect UI: {address}", f"drop files into {drop}"])
        sys.stdout.flush()  # whoever reads a pipe waits for it

    url = os.environ.get("PREFECT_API_URL", "")
    if joins and not url:
        raise UsageError("serve --join: PREFECT_API_URL names no server, e.g. http://server.example:4200/api")
    shared.note(f"joining {url}" if joins else "starting the Prefect server")
    try:
        if joins:
            serving.join(home, shared.settings(home), url=url, limit=limit, say=shared.note, ready=ready)
        else:
            serving.serve(home, shared.settings(home), port=port, limit=limit, say=shared.note, ready=ready)
    except KeyboardInterrupt:
        shared.note("stopped")
    return 0
