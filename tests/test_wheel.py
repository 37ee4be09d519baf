"""The wheel, installed in an environment of its own, works in another folder beside files that are named like our packages."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import synthetic_news as made

ROOT = Path(__file__).resolve().parents[1]
BUILD_S, DEMO_S = 300, 120  # seconds
DECOY = 'raise SystemExit("the decoy was imported")\n'

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    if subprocess.run([sys.executable, "-c", "import hatchling"], capture_output=True, check=False).returncode:
        build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, timeout=BUILD_S, check=False)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that holds the wheel alone, and sees the packages in use here behind it; its bin folder."""
    place = tmp_path_factory.mktemp("environment")
    venv.create(place, with_pip=False, symlinks=True)
    (packages,) = place.glob("lib/python*/site-packages")
    install = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(place / "bin" / "python"),
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        str(wheel),
    ]
    done = subprocess.run(install, capture_output=True, text=True, timeout=BUILD_S, check=False)
    assert done.returncode == 0, done.stderr
    # Paths, not .pth files: the editable install of this checkout must stay out of sight.
    (packages / "behind.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return place / "bin"


def run_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COPYDESK_", "PYTHON", "PREFECT_"))}
    return subprocess.run(arguments, cwd=folder, env=kept, capture_output=True, text=True, timeout=DEMO_S, check=False)


def test_the_wheel_holds_sql_seeds_and_deployments_inside_the_package_and_nothing_beside_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0] for name in names} == {
        "flows",
        "tasks",
        next(name.split("/")[0] for name in names if name.endswith("/METADATA")),
    }
    for folder in ("sql", "seeds", "deployments"):
        inside = {file.relative_to(ROOT).as_posix() for file in (ROOT / folder).rglob("*") if file.is_file()}
        assert {f"tasks/{name}" for name in inside} <= set(names)
    assert [name for name in names if "__pycache__" in name or "/tests/" in name] == []


def test_sql_seeds_and_deployments_are_found_inside_the_installed_package(installed: Path, tmp_path: Path) -> None:
    code = "from tasks.resources import resource; print(resource('sql')); print(resource('seeds') / 'agencies.csv'); print(resource('deployments') / 'prefect.yaml')"
    done = run_in(tmp_path, str(installed / "python"), "-P", "-c", code)
    assert done.returncode == 0, done.stderr
    assert [Path(line).is_relative_to(installed.parent) for line in done.stdout.splitlines()] == [True, True, True]


def test_the_installed_command_runs_the_demo_in_another_folder(installed: Path, tmp_path: Path) -> None:
    done = run_in(tmp_path, str(installed / "copydesk"), "demo")
    assert done.returncode == 0, done.stderr
    assert "adds up to" in done.stdout
    shown = run_in(
        tmp_path, str(installed / "copydesk"), "--home", "copydesk-demo", "query", "select count(*) as n from stories", "--format", "csv"
    )
    assert int(shown.stdout.split()[1]) > 10, shown.stderr


@pytest.mark.parametrize("names", [("tasks.py", "flows.py"), ("random.py",)], ids=["our names", "a standard name"])
def test_files_in_the_working_directory_hide_no_module(installed: Path, tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).write_text(DECOY, "utf-8")
    (tmp_path / "a.txt").write_text(made.text(1), "utf-8")
    done = run_in(tmp_path, str(installed / "copydesk"), "--home", "home", "load", "a.txt")
    assert done.returncode == 0, done.stderr
