"""The errors of Copydesk, one tree. Each says in one line what, where and what to do.

CopydeskError
|-- UsageError          the words of a call are wrong                       exit 2
|-- BusyError           another process holds the lock longer than --wait   exit 4
|-- HomeError           the home cannot be made, read or written            exit 1
|   `-- DamageError     the warehouse's bytes are broken; replay mends it   exit 1
|-- SettingsError       a setting has a value that makes no sense           exit 2
|-- ServerError         the Prefect server does not answer                  exit 1
|-- RawError            a raw segment cannot be read                        exit 1
|-- InputError          an input file cannot be read (becomes a Reject)
|-- CheckError          a batch broke a promise and is quarantined          exit 5
|-- ReadersKilledError  the processes that read pages were killed           exit 1
`-- NothingReadError    nothing of what was asked could be read             exit 1
"""

from __future__ import annotations


class CopydeskError(Exception):
    """Any failure that Copydesk foresees."""

    exit_code = 1


class UsageError(CopydeskError):
    exit_code = 2


class SettingsError(CopydeskError):
    exit_code = 2


class BusyError(CopydeskError):
    exit_code = 4


class HomeError(CopydeskError):
    pass


class DamageError(HomeError):
    pass


class ServerError(CopydeskError):
    pass


class RawError(CopydeskError):
    pass


class ReadersKilledError(CopydeskError):
    pass


class NothingReadError(CopydeskError):
    pass


class CheckError(CopydeskError):
    """A check returned rows: `check` names it, `rows` shows the first of them."""

    exit_code = 5

    def __init__(self, check: str, rows: list[tuple[object, ...]]) -> None:
        super().__init__(f"check {check} failed: {len(rows)} rows break it, the first {rows[:1]}")
        self.check = check
        self.rows = rows


class InputError(CopydeskError):
    """One input that cannot be read: `reason` is short and stable, `detail` says what was seen."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


def first_line(error: BaseException) -> str:
    """Return what an error says first, or its kind where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
