"""One capture to one outcome: what lies in the page is a refusal, what lies in the machine is raised, so that nothing is refused for good by mistake."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.abc import MetaPathFinder
from pathlib import Path

import pytest
import synthetic_news as made

from tasks.core.captures import record_of
from tasks.core.reading import is_of_machine, read_record
from tasks.core.records import Article, Given, RawRecord, Received
from tasks.resources import newsroom_lists

AT = datetime(2026, 3, 17, tzinfo=UTC)
UNDATED = made.page(made.text(1), title="A page without a date")  # so that htmldate is asked, and imported
ERRORS: dict[str, tuple[Exception, bool]] = {
    "too many open files": (OSError(errno.EMFILE, "Too many open files"), True),
    "a disk that fails": (OSError(errno.EIO, "Input/output error"), True),
    "a file that is gone": (FileNotFoundError(errno.ENOENT, "No such file or directory"), True),
    "no memory": (MemoryError(), True),
    "a module that is not installed": (ModuleNotFoundError("No module named 'brotli'"), True),
    "a date beyond the clock": (OSError(errno.EOVERFLOW, "Value too large for defined data type"), False),
    "an error of a decoder": (OSError("Not a gzipped file"), False),
    "a value": (ValueError("month must be in 1..12"), False),
    "nesting": (RecursionError(), False),
}


@pytest.fixture
def undated(tmp_path: Path) -> Callable[[], object]:
    url = "https://a.example/undated"
    received = Received(
        url=url, target_uri=url, source_id="undated", content_type="text/html", block=UNDATED.encode(), given=Given(), captured_at=AT
    )
    capture = record_of(received, AT).capture
    record = RawRecord(capture=capture, given=Given(), content_type="text/html", block=received.block)
    lists = newsroom_lists(tmp_path)
    return lambda: read_record(record, lists)


class Exhausted(MetaPathFinder):
    """An import system that has no file left to open."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "htmldate":
            raise OSError(errno.EMFILE, "Too many open files")


@pytest.mark.parametrize(("error", "wanted"), ERRORS.values(), ids=ERRORS)
def test_what_is_of_the_machine_is_told_from_what_is_of_the_page(error: Exception, wanted: bool) -> None:
    assert is_of_machine(error) is wanted


def test_a_machine_without_files_to_open_refuses_no_page(undated: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.delitem(sys.modules, "htmldate", raising=False)
        patched.setattr(sys, "meta_path", [Exhausted(), *sys.meta_path])
        with pytest.raises(OSError, match="Too many open files"):
            undated()
    assert isinstance(undated(), Article), "and the next try reads it"


def test_a_library_that_is_missing_refuses_no_page(undated: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "htmldate", None)
    with pytest.raises(ImportError):
        undated()
