"""Files, folders and globs to what can be captured, one input at a time. Nothing is opened twice, nothing kept."""

from __future__ import annotations

import glob
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from tasks.core.errors import InputError, first_line
from tasks.core.input_rows import PAGE_BYTES, declined_input, parsed_row, received_body, received_row, row_of_columns
from tasks.core.records import Declined, RawRecord, Received
from tasks.gzip_members import MemberReader, Truncated, is_gzip
from tasks.warc import read_warc, received_of

TEXT_BYTES = "text/plain"  # its charset is not declared
MAX_LINE_BYTES = 64 << 20  # bytes of a JSON line
MAX_FILE_BYTES = 64 << 20  # bytes of a text or page
MAX_DETAIL = 120  # characters of what a parser says
MAX_LINE_KEPT = 100_000  # characters of a declined line that are kept
ROWS_AT_A_TIME = 256  # rows of a Parquet file that are in memory together
KINDS = {
    ".txt": "text", ".html": "page", ".htm": "page", ".jsonl": "rows", ".jsonl.gz": "rows", ".parquet": "parquet", ".warc": "warc", ".warc.gz": "warc",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class InputFile:
    """A file to load.

    name         what it is called in tables: its path below the argument, for a file its name
    """

    path: Path
    name: str

    @property
    def kind(self) -> str | None:
        lowered = self.path.name.lower()
        return next((kind for ending, kind in KINDS.items() if lowered.endswith(ending)), None)


def input_files(arguments: Sequence[str], foreign: Callable[[str], None], *, home: Path | None = None) -> Iterator[InputFile | Declined]:
    """Yield the files that arguments name, in a fixed order; what is not there is declined.

    foreign      told of each file in a folder whose kind is unknown
    home         a folder below an argument that is passed over, but for its drop folder
    """
    for argument in arguments:
        matches = [] if os.path.lexists(argument) else sorted(glob.glob(argument, recursive=True))
        paths = [Path(match) for match in matches if not Path(match).name.startswith(".")]
        if glob.has_magic(argument) and not paths and not os.path.lexists(argument):
            yield _declined(InputError("no_match", "no file matches"), argument)
        else:
            for path in paths or [Path(argument)]:
                yield from _files_at(path, foreign, home)


def _files_at(path: Path, foreign: Callable[[str], None], home: Path | None) -> Iterator[InputFile | Declined]:
    try:
        path.stat()
        if path.is_dir():
            yield from _files_below(path, foreign, home)
        elif InputFile(path=path, name=path.name).kind is not None:
            yield InputFile(path=path, name=printable_name(path.name))
        elif not _is_sidecar(path):
            yield _declined(InputError("unknown_kind", f"need one of {', '.join(KINDS)}"), path.name)
    except (FileNotFoundError, NotADirectoryError):
        yield _declined(InputError("missing", "there is no such file or folder"), path.name or str(path))
    except PermissionError as error:
        yield _declined(InputError("no_permission", error.strerror or "cannot be read"), path.name or str(path))
    except OSError as error:
        yield _declined(InputError("unreadable", error.strerror or str(error)), path.name or str(path))


def _files_below(folder: Path, foreign: Callable[[str], None], home: Path | None) -> Iterator[InputFile | Declined]:
    closed: list[OSError] = []
    found = [Path(root, name) for root, _, names in os.walk(folder, onerror=closed.append) for name in names]
    if home and folder.resolve() in home.parents:
        found = [path for path in found if home not in path.resolve().parents]
    shown = sorted(path for path in found if path.is_file() and not _is_hidden(path.relative_to(folder)))
    known = [InputFile(path=path, name=_below(folder, path)) for path in shown if InputFile(path=path, name="").kind]
    for path in shown:
        if InputFile(path=path, name="").kind is None and not _is_sidecar(path):
            foreign(_below(folder, path))
    for error in sorted(closed, key=lambda error: str(error.filename)):
        name = _below(folder, Path(error.filename)) if Path(error.filename) != folder else folder.name
        yield _declined(InputError("no_permission", error.strerror or "cannot be listed"), name or str(folder))
    if not known and not closed:
        yield _declined(InputError("empty_folder", f"no file in it ends in {', '.join(KINDS)}"), folder.name or str(folder))
    yield from known


def _below(folder: Path, path: Path) -> str:
    return printable_name(path.relative_to(folder).as_posix())


def printable_name(name: str) -> str:
    """Return a file name as tables can hold it: bytes that are no UTF-8 become replacement characters."""
    return os.fsencode(name).decode("utf-8", "replace")


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _declined(error: InputError, name: str) -> Declined:
    return declined_input(error, source_id=printable_name(name), outlet=None)


def inputs_in(file: InputFile, *, outlet: str | None) -> Iterator[Received | Declined]:
    """Yield what a file holds; a part that cannot be read is declined, the rest goes on."""
    readers = {"text": _whole_file, "page": _whole_file, "rows": _rows, "parquet": _parquet_rows, "warc": _warc_records}
    try:
        yield from readers[file.kind or ""](file, outlet)
    except InputError as error:
        yield declined_input(error, source_id=file.name, outlet=outlet)
    except PermissionError as error:
        yield declined_input(InputError("no_permission", error.strerror or "cannot be read"), source_id=file.name, outlet=outlet)
    except OSError as error:
        yield declined_input(InputError("unreadable", error.strerror or str(error)), source_id=file.name, outlet=outlet)
    except Exception as error:  # one file must not stop the others
        detail = f"{type(error).__name__}: {' '.join(str(error).split())[:MAX_DETAIL]}"
        yield declined_input(InputError("unreadable", detail), source_id=file.name, outlet=outlet)


def _whole_file(file: InputFile, outlet: str | None) -> Iterator[Received]:
    with file.path.open("rb") as stream:
        block = stream.read(MAX_FILE_BYTES + 1)
    if not block.strip():
        raise InputError("empty", f"{len(block)} bytes, none of them text")
    if len(block) > MAX_FILE_BYTES:
        raise InputError("too_large", f"more than {MAX_FILE_BYTES} bytes")
    if file.kind == "text" and b"\0" in block and not block.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("binary", "holds zero bytes, so it is no text")
    content_type = TEXT_BYTES if file.kind == "text" else PAGE_BYTES
    yield received_body(block, content_type, fields=_sidecar_fields(file), place=file.name, outlet=outlet)


def _sidecar(path: Path) -> Path:
    return path.with_suffix(".json")


def _is_sidecar(path: Path) -> bool:
    return path.suffix == ".json" and any(path.with_suffix(ending).is_file() for ending, kind in KINDS.items() if kind in ("text", "page"))


def _sidecar_fields(file: InputFile) -> dict[str, object]:
    try:
        return parsed_row(_sidecar(file.path).read_bytes())
    except FileNotFoundError:
        return {}
    except InputError as error:
        raise InputError("bad_sidecar", f"{_sidecar(file.path).name}: {error}") from error


def _rows(file: InputFile, outlet: str | None) -> Iterator[Received | Declined]:
    count = rows = 0
    with file.path.open("rb") as stream:
        members = MemberReader(stream) if is_gzip(stream) else None
        for line in _lines(io.BufferedReader(members) if members else stream):
            if members and members.failure and not line.endswith(b"\n"):
                break  # the line that the cut went through
            count += 1
            if line.strip():
                rows += 1
                yield _row(line, place=f"{file.name}#{count}", outlet=outlet)
    if members and members.failure:
        reason = "truncated" if isinstance(members.failure, Truncated) else "unreadable"
        raise InputError(reason, f"{members.failure}, after {count} lines")
    if not rows:
        raise InputError("empty", "no line that holds something")


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines; of one that is too long only its beginning, which is longer than MAX_LINE_BYTES."""
    while line := stream.readline(MAX_LINE_BYTES + 1):
        rest = line
        while len(rest) > MAX_LINE_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE_BYTES + 1)
        yield line


def _row(line: bytes, *, place: str, outlet: str | None) -> Received | Declined:
    try:
        if len(line) > MAX_LINE_BYTES:
            raise InputError("too_large", f"a line of more than {MAX_LINE_BYTES} bytes")
        return received_row(parsed_row(line), place=place, outlet=outlet)
    except InputError as error:
        return declined_input(error, source_id=place, outlet=outlet, line=line.decode("utf-8", "backslashreplace")[:MAX_LINE_KEPT])


def _parquet_rows(file: InputFile, outlet: str | None) -> Iterator[Received | Declined]:
    import pyarrow
    from pyarrow import parquet

    count = 0
    try:
        with parquet.ParquetFile(file.path) as table:
            groups = range(table.num_row_groups)  # each by itself, so that all of it is read before one that is broken
            for batch in (batch for group in groups for batch in table.iter_batches(batch_size=ROWS_AT_A_TIME, row_groups=[group])):
                for values in batch.to_pylist():
                    count += 1
                    yield _column_row(values, place=f"{file.name}#{count}", outlet=outlet)
    except (pyarrow.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # of the system; of the library it has no number
            raise
        raise InputError("not_parquet", f"{first_line(error)[:MAX_DETAIL]}, after {count} rows") from error
    if not count:
        raise InputError("empty", "no row in it")


def _column_row(values: Mapping[str, object], *, place: str, outlet: str | None) -> Received | Declined:
    row: dict[str, object] = {}
    try:
        row = row_of_columns(values)
        if any(isinstance(value, str) and len(value) > MAX_LINE_BYTES for value in row.values()):
            raise InputError("too_large", f"a field of more than {MAX_LINE_BYTES} characters")
        return received_row(row, place=place, outlet=outlet)
    except InputError as error:
        return declined_input(error, source_id=place, outlet=outlet, line=json.dumps(row, ensure_ascii=False)[:MAX_LINE_KEPT])


def _warc_records(file: InputFile, outlet: str | None) -> Iterator[Received | Declined]:
    count = 0
    for record in read_warc(file.path):
        count += 1
        yield _captured_again(record, outlet) if isinstance(record, RawRecord) else _named(record, file)
    if not count:
        raise InputError("empty", "no response or resource record in it")


def _named(declined: Declined, file: InputFile) -> Declined:
    """Return a record that was declined under its file's name and its own id."""
    return replace(declined, reject=replace(declined.reject, source_id=f"{file.name}#{declined.reject.source_id or ''}"))


def _captured_again(record: RawRecord, outlet: str | None) -> Received:
    received = received_of(record)
    return replace(received, given=replace(received.given, outlet=outlet)) if outlet else received
