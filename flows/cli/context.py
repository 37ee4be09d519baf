"""What every command shares: the home, the settings, and how it speaks."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

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

    def home(self, *, default: str = DEFAULT_HOME) -> Home:
        """Return the home, made on first use."""
        named = self.home_option or os.environ.get("COPYDESK_HOME")
        root = Path(named or default)
        if not root.exists():
            self.note(f"new home: {root.resolve()}")
        return open_home(root, wait_s=self.wait_s)

    def settings(self, home: Home, **options: object) -> Settings:
        return load_settings(home.root, os.environ, **options)

    def note(self, text: str) -> None:
        """Say something beside the result, on stderr."""
        if not self.is_quiet:
            print(f"copydesk: {text}", file=sys.stderr)

    def result(self, values: Mapping[str, Any], lines: list[str]) -> None:
        """Give the result: an object for programs, or lines for people."""
        if self.is_json:
            print(json.dumps(values, default=as_json, ensure_ascii=False))
        else:
            print("\n".join(lines))


def as_json(value: object) -> object:
    """Return what JSON does not know as what it does: times in UTC, days, the rest as text."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def set_up_logging(context: Context) -> None:
    """Send the path's own log to stderr, one line an event."""
    level = logging.ERROR if context.is_quiet else logging.INFO if context.is_verbose else logging.WARNING
    logging.basicConfig(format="copydesk: %(message)s", level=level, stream=sys.stderr, force=True)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    logging.getLogger("htmldate").setLevel(logging.CRITICAL)
