"""What an error of DuckDB means: an interruption, damage to its file, or a lack of room."""

from __future__ import annotations

import re

import duckdb

STORAGE_ERRORS = (duckdb.IOException, duckdb.TransactionException, duckdb.OutOfMemoryException, duckdb.FatalException)
OF_FILES = (duckdb.IOException, duckdb.SerializationException, duckdb.FatalException)
# What DuckDB 2.0.1 says of files that were cut, zeroed or written over: tests/faults/test_broken_files.py
DAMAGE = re.compile(
    r"corrupt|deserialize|not a valid DuckDB database|Could not read enough bytes|does not match database|checksum", re.IGNORECASE
)
INTERRUPTED_CALLBACK = "KeyboardInterrupt"  # in the text, where Ctrl-C met the reading of an Arrow table


def is_interruption(error: BaseException) -> bool:
    """Tell whether a query ended because somebody pressed Ctrl-C: DuckDB says so in three ways."""
    if isinstance(error, duckdb.InvalidInputException):
        return INTERRUPTED_CALLBACK in str(error)
    return isinstance(error, duckdb.InterruptException) or (isinstance(error, RuntimeError) and "interrupt" in str(error).lower())


def is_damage(error: BaseException) -> bool:
    """Tell whether an error lies in the bytes of a database file, which no second try can cure."""
    is_of_file = isinstance(error, OF_FILES) or type(error) is duckdb.Error  # of no kind: a checksum that is wrong
    return is_of_file and DAMAGE.search(str(error)) is not None


def is_of_query(error: duckdb.Error) -> bool:
    """Tell whether a query failed by a fault of its own, not of the file and not by Ctrl-C."""
    return not (is_damage(error) or is_interruption(error))
