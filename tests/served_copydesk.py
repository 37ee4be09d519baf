"""`copydesk serve` on a fresh home, as tests look at it: its programs, its runs, the events that its server has."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from processes import child_environment, command

from tasks.home import Home, open_home

READY_S = 180  # seconds: a fresh server beside other tests
STOP_S = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """A box that is served. Its runs see the real clock."""

    def __init__(self, home: Home, port: int, limit: int) -> None:
        self.home = home
        self.api = f"http://127.0.0.1:{port}/api"
        self._log = home.root.with_name(f"{home.root.name}.log")
        self._words = command("serve", "--port", str(port), "--limit", str(limit), home=home)
        self.environment = {name: value for name, value in child_environment().items() if name not in ("COPYDESK_NOW", "PYTHONWARNINGS")}
        self.environment |= {"PREFECT_HOME": str(home.root / "prefect")}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        before = self.said().count("Prefect UI:")
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._words, env=self.environment, stdout=log, stderr=log)
        self.wait(lambda: self.said().count("Prefect UI:") > before, READY_S)

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_S)

    def pause(self) -> None:
        """Let no schedule start a run."""
        for deployment_id in self.deployments().values():
            request = urllib.request.Request(f"{self.api}/deployments/{deployment_id}/pause_deployment", data=b"", method="POST")
            urllib.request.urlopen(request, timeout=20).close()

    def said(self) -> str:
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def wait(self, condition: Callable[[], Any], seconds: float) -> float:
        """Wait until something holds and return how many seconds that took."""
        started = time.monotonic()
        while not self._holds(condition):
            assert self.process is None or self.process.poll() is None, self.said()
            assert time.monotonic() - started < seconds, f"{self.said()}\n{self.log('server')}\n{self.log('worker')}"
            time.sleep(0.2)
        return time.monotonic() - started

    @staticmethod
    def _holds(condition: Callable[[], Any]) -> bool:
        try:
            return bool(condition())
        except OSError:  # the server is being started again
            return False

    def log(self, program: str) -> str:
        path = self.home.root / "prefect" / f"{program}.log"
        return path.read_text("utf-8", "replace")[-8000:] if path.exists() else ""

    def post(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(self.api + path, data=json.dumps(body).encode(), headers={"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def deployments(self) -> dict[str, str]:
        """Return the id of each deployment."""
        return {entry["name"]: entry["id"] for entry in self.post("/deployments/filter", {})}

    def run(self, deployment: str, given: dict[str, Any], **variables: str) -> str:
        """Start a run of a deployment and return its id.

        variables    of its process
        """
        body = {"state": {"type": "SCHEDULED"}, "parameters": {"given": given}, "job_variables": {"env": variables} if variables else {}}
        return str(self.post(f"/deployments/{self.deployments()[deployment]}/create_flow_run", body)["id"])

    def runs(self, deployment: str | None = None) -> list[dict[str, Any]]:
        """Return runs, the latest start first."""
        wanted = {"deployments": {"name": {"any_": [deployment]}}} if deployment else {}
        return list(self.post("/flow_runs/filter", {**wanted, "sort": "START_TIME_DESC", "limit": 200}))

    def events(self, name: str = "copydesk.") -> list[dict[str, Any]]:
        """Return the events that the server has, the latest first."""
        wanted = {"event": {"prefix": [name]}, "occurred": {"since": "2000-01-01T00:00:00Z"}}
        page = self.post("/events/filter", {"filter": wanted, "limit": 50})
        found = list(page["events"])
        while page["next_page"]:
            with urllib.request.urlopen(page["next_page"], timeout=20) as answer:
                page = json.load(answer)
            found += page["events"]
        return found

    def kill(self, program: str, *, with_children: bool = False) -> None:
        """Kill the server or the worker as kill -9 does.

        with_children    the flow runs of a worker as well
        """
        (pid,) = [
            pid
            for pid, words in processes()
            if self.api.rpartition(":")[2].partition("/")[0] in environ_of(pid) and f"prefect {program} start" in words
        ]
        victims = [pid, *(children_of(pid) if with_children else ())]
        for victim in victims:
            os.kill(victim, signal.SIGKILL)


def processes() -> Iterator[tuple[int, str]]:
    """Yield each process with its words."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield int(path.parent.name), path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
        except OSError:  # gone
            continue


def environ_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""


def children_of(pid: int) -> list[int]:
    """Return what a process started, and what that started."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            rest = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(path.parent.name)] = int(rest[1])
    found, front = [], [pid]
    while front:
        front = [child for child, parent in parents.items() if parent in front]
        found += front
    return found


@contextmanager
def served(folder: Path, *, limit: int = 2) -> Iterator[Served]:
    """Serve a fresh home."""
    box = Served(open_home(folder / "home", wait_s=30), free_port(), limit)
    box.start()
    try:
        yield box
    finally:
        if box.process and box.process.poll() is None:
            box.stop()
