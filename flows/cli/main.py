"""The command `copydesk`: its options, its commands, and one line for every failure."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from flows.cli import archive, feeds, keep, look, operate, work
from flows.cli.context import Context, set_up_logging
from tasks.core.errors import CopydeskError, UsageError
from tasks.core.render.inert import inert
from tasks.durable import remedy_of
from tasks.home import DEFAULT_WAIT_S

FLAGS = frozenset({"--json", "--quiet", "--verbose"})
VALUES = frozenset({"--home", "--wait"})
INTERRUPTED = 130  # exit code
GOES_ON = "interrupted; what was captured is safe, the same command goes on where it stopped"

app = typer.Typer(
    name="copydesk",
    help="One row per story instead of one row per copy: news in, copies traced to their origin, DuckDB out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group in (work, archive, look, feeds, operate, keep):
    group.register(app)


@app.callback()
def options(
    context: typer.Context,
    home: Annotated[
        str | None, typer.Option(help="Folder of all state. [default: COPYDESK_HOME, else copydesk-data]", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Results as JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Only results and failures.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more of what is done.")] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for another copydesk.", min=0)] = DEFAULT_WAIT_S,
) -> None:
    if quiet and verbose:
        raise UsageError("--quiet and --verbose: give one of them")
    context.obj = Context(home_option=home, is_json=as_json, is_quiet=quiet, is_verbose=verbose, wait_s=wait)
    set_up_logging(context.obj)


def options_first(arguments: list[str]) -> list[str]:
    """Return arguments with the options of every command moved before the command, so that they may stand anywhere."""
    moved: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            rest += [word, *words]
        elif word in FLAGS or any(word.startswith(f"{name}=") for name in VALUES):
            moved.append(word)
        elif word in VALUES:
            moved += [word, *([value] if (value := next(words, None)) is not None else [])]
        else:
            rest.append(word)
    return moved + rest


def run() -> None:
    """Run the command line; every failure is one line on stderr and an exit code."""
    try:
        code = app(args=options_first(sys.argv[1:]), standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:  # which is all that typer says
            _failed(GOES_ON, INTERRUPTED)
    except CopydeskError as error:
        code = _failed(str(error), error.exit_code)
    except KeyboardInterrupt:
        code = _failed(GOES_ON, INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except OSError as error:
        code = _failed(f"{error.filename or 'system'}: {error.strerror or error}; {remedy_of(error)}", 1)
    except Exception as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # of click: what there is, and no failure's words around it
            print(error, file=sys.stderr)
            code = 2
        elif _is_interruption(error):
            code = _failed(GOES_ON, INTERRUPTED)
        elif hasattr(error, "format_message"):
            code = _failed(f"{error.format_message()}; `copydesk --help` and `copydesk COMMAND --help` say what there is", 2)
        else:
            raise
    sys.exit(code if isinstance(code, int) else 0)


def _is_interruption(error: Exception) -> bool:
    """Tell whether Ctrl-C ended a command outside the warehouse: at a prompt, or in a query on a snapshot."""
    if type(error).__name__ == "Abort":  # of click
        return True
    if "duckdb" not in sys.modules:
        return False
    from tasks.duckdb_errors import is_interruption

    return is_interruption(error)


def _failed(text: str, code: int) -> int:
    print(f"copydesk: {inert(text)}".replace("\n", "\n  "), file=sys.stderr)  # so that no text of others begins a line
    return code
