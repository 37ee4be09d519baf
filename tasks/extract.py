"""One file read as the path would read it, and nothing stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from tasks.core.captures import capture_of
from tasks.core.errors import NothingReadError
from tasks.core.records import Article, Declined, RawRecord, Reject
from tasks.inputs import InputFile, inputs_in
from tasks.resources import newsroom_lists


def extracted_file(path: Path, *, url: str | None, home_seeds: Path) -> Article | Reject:
    """Return what the first text, page, row or record of a file says.

    Raises       NothingReadError where the file cannot be read
    """
    from tasks.core.reading import read_record

    file = InputFile(path=path, name=path.name)
    if not path.is_file() or file.kind is None:
        raise NothingReadError(
            f"{path}: {'no text or page by its ending' if path.is_file() else 'there is no such file'}; give a .txt or .html"
        )
    item = next(iter(inputs_in(file, outlet=None)))
    if isinstance(item, Declined):
        raise NothingReadError(f"{path}: {item.reject.reason}: {item.reject.detail}")
    received = replace(item, url=url or item.url, target_uri=url or item.target_uri)
    captured_at = received.captured_at or datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)
    capture = capture_of(received, captured_at, segment="", segment_no=0, record_no=0, segment_offset=None)
    record = RawRecord(capture=capture, given=received.given, content_type=received.content_type, block=received.block)
    return read_record(record, newsroom_lists(home_seeds))
