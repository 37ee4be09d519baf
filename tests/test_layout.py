"""The direction of the layout: flows may import tasks, tasks may import core, core imports nothing that has an effect."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
EFFECTS = frozenset(
    [
        "os",
        "subprocess",
        "socket",
        "shutil",
        "tempfile",
        "random",
        "secrets",
        "time",
        "asyncio",
        "threading",
        "multiprocessing",
        "duckdb",
        "prefect",
        "pebble",
        "aiohttp",
        "urllib.request",
    ]
)
CLI_ONLY = frozenset({"typer", "rich"})


def modules(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def starts_with(name: str, roots: frozenset[str]) -> bool:
    return any(name == root or name.startswith(root + ".") for root in roots)


def offenders(folder: str, forbidden: frozenset[str], *, beside: str = "-") -> list[str]:
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(folder)
        if beside not in path.as_posix()
        for name in sorted(imported(path))
        if starts_with(name, forbidden)
    ]


def test_core_has_no_effects() -> None:
    assert offenders("tasks/core", EFFECTS) == []


def test_core_imports_no_task_and_no_flow() -> None:
    found = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("tasks/core")
        for name in imported(path)
        if starts_with(name, frozenset({"flows"})) or (name.startswith("tasks.") and not name.startswith("tasks.core"))
    ]
    assert found == []


def test_core_reads_no_clock() -> None:
    clock = re.compile(r"\b(?:datetime\.now|datetime\.utcnow|date\.today|time\.time)\(")
    assert [path.name for path in modules("tasks/core") if clock.search(path.read_text("utf-8"))] == []


def test_tasks_import_no_flow() -> None:
    assert offenders("tasks", frozenset({"flows"})) == []


def test_typer_and_rich_live_in_the_command_line_only() -> None:
    assert offenders("tasks", CLI_ONLY) == []
    assert offenders("flows", CLI_ONLY, beside="flows/cli/") == []


def test_flows_hold_no_sql_but_queries_shown_to_people() -> None:
    sql = re.compile(r"\b(?:select\s.+\sfrom|insert into|update\s+\w+\s+set|delete from)\b", re.IGNORECASE)
    found = [path.name for path in modules("flows") if sql.search(path.read_text("utf-8"))]
    assert found == ["demo.py"]


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "flows").glob("*.py")))
def test_no_flow_file_hides_a_module(name: str) -> None:
    import sys

    assert name == "__init__" or (name not in sys.stdlib_module_names and name not in {"tasks", "sql", "seeds", "tests", "deployments"})


def test_the_command_line_starts_without_prefect_and_trafilatura() -> None:
    import subprocess
    import sys

    code = "import sys, flows.cli.main; print([name for name in ('prefect', 'trafilatura', 'duckdb', 'pyarrow', 'numpy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
