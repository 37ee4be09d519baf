"""What people decided, append-only beside raw: one JSON object a line, in the order of time. A replay reads it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tasks.core.errors import HomeError
from tasks.durable import sync_file, sync_folder, writing
from tasks.home import Home

Decision = dict[str, Any]


def decide(home: Home, decisions: Sequence[Decision]) -> None:
    """Append decisions, durable when this returns. The caller holds the home's lock.

    Raises       HomeError where they cannot be written; a line that was cut short is ended first
    """
    if not decisions:
        return
    path = home.decisions
    text = "".join(json.dumps(decision, ensure_ascii=True, sort_keys=True) + "\n" for decision in decisions)
    with writing(path):
        is_new = not path.exists()
        is_cut = not is_new and path.stat().st_size > 0 and path.read_bytes()[-1:] != b"\n"
        with path.open("ab") as file:
            file.write(("\n" if is_cut else "").encode() + text.encode())
        sync_file(path)
        if is_new:
            sync_folder(path.parent)


def decided(home: Home) -> list[Decision]:
    """Return every decision, in order; a last line that was cut short was never acknowledged, and is none.

    Raises       HomeError for any other line that is no JSON object
    """
    try:
        lines = home.decisions.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    decisions = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            decision = json.loads(line)
            if not isinstance(decision, dict):
                raise ValueError("no object")
        except ValueError as error:
            if number >= len(lines) - 1 or _was_cut(line):
                continue
            raise HomeError(f"{home.decisions}: line {number} is no decision ({error}); mend or remove the line") from error
        decisions.append(decision)
    return decisions


def _was_cut(line: bytes) -> bool:
    return not line.rstrip().endswith(b"}")
