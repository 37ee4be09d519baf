"""Settings: defaults < copydesk.toml < COPYDESK_* variables < options. One frozen record, loaded at the edge."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from tasks.core.errors import SettingsError
from tasks.core.text.times import utc_time

PREFIX = "COPYDESK_"
MAX_MEMORY_MB = 1 << 20  # a terabyte: far beyond any machine, and still a number that a system takes as a limit
NO_SETTINGS = frozenset({"COPYDESK_HOME", "COPYDESK_KILL_AT"})  # the home itself, and tasks/points.py


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a home, its variables and a call's options say.

    contact        who answers for the requests, for the User-Agent
    workers        processes that read pages; 0: one a core, eight at most
    allow_hosts    hosts that may have a private address
    window_days    how far back an article is compared
    batch_size     records a batch; of small feeds four times as many
    host_gap_s     seconds between two requests to one host
    resolve        host=address:port, for tests and the demo
    now            the clock, so that two runs can be compared; None: the real one
    read_timeout_s processor time that one page or text may take to be read
    read_memory_mb memory by which one may make its reader grow
    """

    contact: str | None = None
    workers: int = 0
    allow_hosts: tuple[str, ...] = ()
    window_days: int = 30
    batch_size: int = 250
    host_gap_s: float = 5.0
    resolve: tuple[str, ...] = ()
    now: datetime | None = None
    read_timeout_s: float = 6.0  # twelve times what the slowest of 563 labelled pages takes
    read_memory_mb: int = 768  # twice what the worst text that is read takes (tests/hostile_pages.py)

    @property
    def worker_count(self) -> int:
        return self.workers or min(8, os.cpu_count() or 1)

    def clock(self) -> datetime:
        """Return the time of this moment, or the one that was set, in UTC: in another zone an hour later may be two."""
        return (self.now or datetime.now(timezone.utc)).astimezone(timezone.utc)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(f"{number} is below 1")
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(f"{number} is below 0")
    return number


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 <= number < 86_400:
        raise ValueError(f"{number} is not between 0 and 86400 seconds")
    return number


def _time_limit(text: str) -> float:
    seconds = _seconds(text)
    if not seconds:
        raise ValueError("no time at all")
    return seconds


def _megabytes(text: str) -> int:
    number = _positive(text)
    if number > MAX_MEMORY_MB:
        raise ValueError(f"{number} is above {MAX_MEMORY_MB}")
    return number


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _instant(text: str) -> datetime:
    at = utc_time(text)
    if at is None:
        raise ValueError(f"{text!r} is not ISO 8601, e.g. 2026-03-17T07:30:00Z")
    return at


READERS: Mapping[str, Callable[[str], object]] = {
    "contact": str, "workers": _count, "allow_hosts": _names, "window_days": _positive,
    "batch_size": _positive, "host_gap_s": _seconds, "resolve": _names, "now": _instant,
    "read_timeout_s": _time_limit, "read_memory_mb": _megabytes,
}  # fmt: skip


def load_settings(home: Path, environ: Mapping[str, str], **options: object) -> Settings:
    """Return the settings of a home under an environment and a call's options (None: not given).

    Raises       SettingsError with the name, the value and where it stands
    """
    values: dict[str, object] = {}
    for source, found in ((home / "copydesk.toml", _from_file(home / "copydesk.toml")), ("environment", _from_environ(environ))):
        for name, text in found.items():
            values[name] = _read(name, text, str(source))
    values.update({name: value for name, value in options.items() if value is not None})
    return Settings(**values)  # type: ignore[arg-type]


def _from_environ(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings among the variables.

    Raises       SettingsError for one that begins like a setting and is none: most often it is misspelt
    """
    found: dict[str, str] = {}
    for variable in sorted(name for name in environ if name.startswith(PREFIX) and name not in NO_SETTINGS):
        name = variable.removeprefix(PREFIX).lower()
        if name not in READERS:
            raise SettingsError(
                f"environment: {variable} is no setting; known are {', '.join(PREFIX + known.upper() for known in sorted(READERS))}"
            )
        if environ[variable]:
            found[name] = environ[variable]
    return found


def _from_file(path: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsError(f"{path}: cannot be read as TOML ({error}); mend or remove it") from error
    return {name: ",".join(map(str, value)) if isinstance(value, list) else str(value) for name, value in table.items()}


def _read(name: str, text: str, source: str) -> object:
    reader = READERS.get(name)
    if reader is None:
        raise SettingsError(f"{source}: unknown setting {name!r}; known are {', '.join(sorted(READERS))}")
    try:
        return reader(text)
    except ValueError as error:
        shown = PREFIX + name.upper() if source == "environment" else f"{source}: {name}"
        raise SettingsError(f"{shown}: {text!r}: {_plain(error)}") from error


def _plain(error: ValueError) -> str:
    return "is no number" if str(error).startswith(("invalid literal", "could not convert")) else str(error)
