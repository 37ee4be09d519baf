"""The measuring scripts as modules, the labelled data they measure on, and the floors they may not fall below."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
DATA = SHARED / "data"
FLOORS: dict[str, Any] = json.loads((ROOT / "tests" / "quality" / "floors.json").read_text("utf-8"))


def bench(name: str) -> ModuleType:
    """Return tests/bench/NAME.py as a module."""
    known = sys.modules.get(f"bench_{name}")
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(f"bench_{name}", ROOT / "tests" / "bench" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
