"""What every command shares: the home, the settings, and how it speaks."""

from __future__ import annotations

import json
import logging
import math
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from tasks.core.errors import HomeError
from tasks.core.render.inert import inert, inert_json, inert_line
from tasks.home import DEFAULT_WAIT_S, Home, open_home
from tasks.settings import Settings, load_settings

DEFAULT_HOME = "copydesk-data"


@dataclass(slots=True)
class Context:
    """The options before the command."""

    home_option: str | None = None
    is_json: bool = False
    is_quiet: bool = False
    is_verbose: bool = False
    wait_s: float = DEFAULT_WAIT_S

    def root(self, *, default: str = DEFAULT_HOME) -> Path:
        """Return the folder of the home, whether it is there or not."""
        return Path(self.home_option or os.environ.get("COPYDESK_HOME") or default)

    def home(self, *, default: str = DEFAULT_HOME) -> Home:
        """Return the home, made on first use."""
        root = self.root(default=default)
        is_new = not root.exists()
        home = open_home(root, wait_s=self.wait_s)
        if is_new:
            self.note(f"new home: {root.resolve()}")
        return home

    def home_to_read(self) -> Home:
        """Return the home of a command that only looks: it makes none.

        Raises       HomeError where there is no such folder
        """
        root = self.root()
        if not root.is_dir():
            raise HomeError(
                f"{root}: no such home; check --home and COPYDESK_HOME, or make one with `copydesk load PATH` or `copydesk feeds add URL`"
            )
        return Home(root=root, raw_root=root, wait_s=self.wait_s)

    def settings(self, home: Home, **options: object) -> Settings:
        return load_settings(home.root, os.environ, **options)

    def note(self, text: str) -> None:
        """Say something beside the result, on one line of stderr."""
        if not self.is_quiet:
            self.failure(text)

    def failure(self, text: str) -> None:
        """Say what could not be done, on one line of stderr, quiet or not."""
        print(f"copydesk: {inert_line(text)}", file=sys.stderr)

    def result(self, values: Mapping[str, Any], lines: list[str]) -> None:
        """Give the result: an object for programs, or lines for people."""
        if self.is_json:
            print(json_text(values))
        else:
            print("\n".join(map(inert, lines)))


def json_text(value: object) -> str:
    """Return a value as JSON on one line: times ISO 8601, what is no number null, nothing that a terminal obeys."""
    return inert_json(json.dumps(_as_json(value), ensure_ascii=False, allow_nan=False))


def _as_json(value: object) -> object:
    """Return what JSON does not know as what it does."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {plain_text(name): _as_json(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(entry) for entry in value]
    return plain_text(value)


def plain_text(value: object) -> str:
    """Return a value on its own as text: times ISO 8601, with Z where their zone is known; bytes in hex."""
    if isinstance(value, datetime):
        in_utc = value.astimezone(timezone.utc) if value.tzinfo else value
        return in_utc.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


class _InertFormatter(logging.Formatter):
    """Messages hold names, and what others say of their content."""

    def format(self, record: logging.LogRecord) -> str:
        return inert_line(super().format(record))


def set_up_logging(context: Context) -> None:
    """Send the path's own log to stderr, one line an event."""
    level = logging.ERROR if context.is_quiet else logging.INFO if context.is_verbose else logging.WARNING
    said = logging.StreamHandler(sys.stderr)
    said.setFormatter(_InertFormatter("copydesk: %(message)s"))
    logging.basicConfig(level=level, handlers=[said], force=True)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    logging.getLogger("warcio").setLevel(logging.ERROR)  # it speaks of spaces in addresses, which are kept beside them
    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
