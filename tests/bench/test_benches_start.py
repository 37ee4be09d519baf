"""The measuring scripts still start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHES = sorted(path.name for path in Path(__file__).parent.glob("*.py") if not path.name.startswith("test_"))


@pytest.mark.parametrize("name", BENCHES)
def test_a_bench_says_how_it_is_called(name: str) -> None:
    done = subprocess.run([sys.executable, str(Path(__file__).parent / name), "--help"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--" in done.stdout
