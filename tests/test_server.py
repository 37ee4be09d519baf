"""A Prefect server starts with what is installed, the schedule of the sweep makes a run, and the run loads a dropped file that nobody announced."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from served_copydesk import free_port

from tasks.prefect_server import is_healthy

ROOT = Path(__file__).resolve().parents[1]
WAIT_S = 180  # seconds: a fresh server under load, and the minute of the schedule

pytestmark = pytest.mark.slow


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    port = free_port()
    return {
        **os.environ, "PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api", "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "COPYDESK_HOME": str(tmp_path / "home"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }  # fmt: skip


def prefect(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=WAIT_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def waited_for(condition: object, seconds: float = WAIT_S) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():  # type: ignore[operator]
            return True
        time.sleep(0.5)
    return False


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[dict[str, str]]:
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "prefect", "server", "start"], env=environment, cwd=ROOT, stdout=log, stderr=log)
        try:
            assert waited_for(lambda: is_healthy(environment["PREFECT_API_URL"])), (tmp_path / "server.log").read_text()
            yield environment
        finally:
            process.terminate()
            process.wait(30)


def test_a_schedule_makes_a_run_that_loads_a_dropped_file(server: dict[str, str], tmp_path: Path) -> None:
    prefect(server, "work-pool", "create", "copydesk", "--type", "process")
    prefect(server, "--no-prompt", "deploy", "--prefect-file", "deployments/prefect.yaml", "--all")
    drop = tmp_path / "home" / "drop"
    drop.mkdir(parents=True)
    row = {
        "id": "1",
        "outlet": "Harbour Post",
        "text": "The harbour board approved a new slipway on Monday after a debate of four hours. " * 4,
    }
    (drop / "rows.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    with (tmp_path / "worker.log").open("w") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", "copydesk"], env=server, cwd=ROOT, stdout=log, stderr=log
        )
        try:
            assert waited_for((drop / "done" / "rows.jsonl").exists), (tmp_path / "worker.log").read_text()
        finally:
            worker.terminate()
            worker.wait(60)
    counted = subprocess.run(
        [sys.executable, "-m", "flows.cli", "--json", "query", "select outlet from articles"],
        env=server,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(counted.stdout) == [{"outlet": "Harbour Post"}]
