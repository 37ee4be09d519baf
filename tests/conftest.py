"""What all tests share: a home, a fixed clock, the real command, and tables as hashes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the modules beside this one

from processes import NOW, Done, command, run_command
from published import snapshot, table_hashes

from flows.cli.main import run as run_in_process
from tasks.home import Home, open_home
from tasks.settings import Settings


@pytest.fixture(scope="session")
def run() -> Callable[..., Done]:
    """The real command in a process of its own: run(*arguments, home=..., cwd=..., before=..., **variables)."""
    return run_command


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """The command's function in this process: call(*arguments, home=..., **variables). A child would cost a second more."""

    def in_process(*arguments: str, home: Home | Path, **variables: str) -> Done:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", command(*arguments, home=home))
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run_in_process()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return Done(ended.value.code, out, err)

    return in_process


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home", wait_s=5)


@pytest.fixture(scope="session")
def settings() -> Settings:
    """One worker, and a clock that stands still."""
    return Settings(workers=1, now=NOW)


@pytest.fixture(scope="session")
def rows() -> Callable[..., list[tuple[Any, ...]]]:
    """Rows of a query on a home's newest snapshot: rows(home, sql, *parameters)."""

    def call(home: Home, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with snapshot(home) as connection:
            return connection.execute(sql, parameters).fetchall()

    return call


@pytest.fixture(scope="session")
def tables() -> Callable[[Home], dict[str, str]]:
    """SHA-256 over the sorted rows of each public view, our own doings left out: tables(home)."""

    return table_hashes
