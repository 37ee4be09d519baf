"""What is wrong with a home or an installation, and what to do about it. Doctor looks; it changes nothing.

Each part is imported where it is run: a package that is missing must not keep doctor from saying so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.core.errors import CopydeskError, SettingsError, first_line
from tasks.doctor.finding import Finding, bad, note
from tasks.home import Home

if TYPE_CHECKING:
    from tasks.doctor.tables import Tables


@dataclass(slots=True)
class Look:
    """What is looked at. `tables`: what the warehouse says, None before it was asked or where it could not be."""

    home: Home
    environ: Mapping[str, str]
    is_deep: bool
    tables: Tables | None = None


Part = Callable[[Look], Iterator[Finding]]


def findings(home: Home, environ: Mapping[str, str], *, is_deep: bool) -> list[Finding]:
    """Return what was found, in the order in which it was looked at.

    home         need not be there
    is_deep      read everything: each segment, each file registered in place, each row of warehouse and snapshot
    """
    look = Look(home, environ, is_deep)
    parts: list[tuple[str, Part]] = [("installation", _installation), ("settings", _settings)]
    if home.root.is_dir():
        parts += [("home", _home), ("lock", _locks), ("warehouse", _tables), ("raw", _raw), ("inbox", _inbox), ("snapshot", _snapshot)]
        parts += [("drop", _drop), ("feeds", _feeds)]
    found = [finding for name, part in parts for finding in _guarded(name, part, look)]
    return found if home.root.is_dir() else [*found, _no_home(home)]


def _guarded(name: str, part: Part, look: Look) -> Iterator[Finding]:
    """Yield what a part finds; what it cannot look at is a finding too."""
    try:
        yield from part(look)
    except (CopydeskError, OSError) as error:
        yield bad(
            name, f"could not be looked at: {first_line(error)}", "mend what the other findings name, then run `copydesk doctor` again"
        )
    except ImportError as error:
        yield bad(name, f"could not be looked at: {first_line(error)}", "install the package again, then run `copydesk doctor` again")
    except Exception as error:  # whatever a broken home makes of its reader: the other parts are still looked at
        yield bad(
            name,
            f"could not be looked at: {type(error).__name__}: {first_line(error)}",
            "run `copydesk doctor` again; if it stays, report it",
        )


def _no_home(home: Home) -> Finding:
    if home.root.exists():
        return bad("home", f"{home.root} is no folder", "choose another with --home or COPYDESK_HOME")
    return note("home", f"{home.root} is not there yet", "`copydesk load PATH` makes it")


def _installation(look: Look) -> Iterator[Finding]:
    from tasks.doctor.installation import installation_findings

    yield from installation_findings()


def _settings(look: Look) -> Iterator[Finding]:
    from tasks.doctor.installation import settings_findings

    yield from settings_findings(look.home, look.environ)


def _home(look: Look) -> Iterator[Finding]:
    from tasks.doctor.home import home_findings

    yield from home_findings(look.home)


def _locks(look: Look) -> Iterator[Finding]:
    from tasks.doctor.locks import lock_findings

    yield from lock_findings(look.home)


def _tables(look: Look) -> Iterator[Finding]:
    from tasks.doctor.tables import looked_at, table_findings

    look.tables = looked_at(look.home, is_deep=look.is_deep)
    yield from table_findings(look.home, look.tables)


def _raw(look: Look) -> Iterator[Finding]:
    from tasks.doctor.raw import raw_findings

    yield from raw_findings(look.home, look.tables, is_deep=look.is_deep)


def _inbox(look: Look) -> Iterator[Finding]:
    from tasks.doctor.inbox import inbox_findings

    yield from inbox_findings(look.home, look.tables)


def _snapshot(look: Look) -> Iterator[Finding]:
    from tasks.doctor.snapshot import snapshot_findings

    yield from snapshot_findings(look.home, is_deep=look.is_deep)


def _feeds(look: Look) -> Iterator[Finding]:
    from tasks.doctor.feeds import feed_findings
    from tasks.settings import load_settings

    try:
        settings = load_settings(look.home.root, look.environ)
    except SettingsError:  # which is another part's finding
        return
    yield from feed_findings(look.home, now=settings.clock())


def _drop(look: Look) -> Iterator[Finding]:
    from tasks.doctor.inbox import drop_findings

    yield from drop_findings(look.home, look.tables)
