"""What people decided, beside raw: one JSON object a line, in the order of time. A replay reads it again."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from typing import Any

from tasks.core.errors import HomeError
from tasks.core.text.times import utc_time
from tasks.durable import sync_file, sync_folder, writing
from tasks.home import Home

log = logging.getLogger("copydesk")

Decision = dict[str, Any]


def decide(home: Home, decisions: Sequence[Decision]) -> None:
    """Append decisions, durable when this returns. The caller holds the home's lock.

    A last line that was cut short, by a kill or a full disk, was never acknowledged: it is taken away first.
    Raises       HomeError where they cannot be written
    """
    if not decisions:
        return
    path = home.decisions
    text = "".join(json.dumps(decision, ensure_ascii=True, sort_keys=True) + "\n" for decision in decisions)
    with writing(path):
        is_new = not path.exists()
        with path.open("a+b") as file:
            file.seek(0)
            before = file.read()
            last = before.rpartition(b"\n")[2]
            if last and _is_cut(last):
                log.warning(
                    "%s: its last line was cut short before it counted, and is taken away: %s", path, last.decode("utf-8", "replace")
                )
                file.truncate(len(before) - len(last))
            elif last:
                file.write(b"\n")
            file.write(text.encode("ascii"))
        sync_file(path)
        if is_new:
            sync_folder(path.parent)


def decided(home: Home) -> list[Decision]:
    """Return every decision, in order; a last line that was cut short is none.

    Raises       HomeError for any other line that is no decision
    """
    try:
        *lines, last = home.decisions.read_bytes().split(b"\n")
    except FileNotFoundError:
        return []
    if not _is_cut(last):
        lines.append(last)
    decisions = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            decisions.append(_decision(line))
        except ValueError as error:
            raise HomeError(f"{home.decisions}: line {number} is no decision ({error}); mend or remove the line") from error
    return decisions


def decisions_digest(home: Home) -> str:
    """Return the digest of all decisions, one that differs with every other file."""
    try:
        return hashlib.sha256(home.decisions.read_bytes()).hexdigest()[:16]
    except FileNotFoundError:
        return ""


def _decision(line: bytes) -> Decision:
    """Return the decision of a line.

    Raises       ValueError for a line that is none, with why
    """
    try:
        decision = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(decision, dict):
        raise ValueError("no JSON object")
    if not isinstance(decision.get("what"), str):
        raise ValueError("it does not say what")
    if not isinstance(decision.get("at"), str) or utc_time(decision["at"]) is None:
        raise ValueError("it does not say when: `at` is no time")
    return decision


def _is_cut(last: bytes) -> bool:
    """Tell whether what stands after the last line feed is no whole JSON value."""
    try:
        json.loads(last)
    except (ValueError, RecursionError):
        return True
    return False
