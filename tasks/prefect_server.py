"""Prefect's own programs as children: the server and a worker, with the settings that this project needs."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from tasks.core.errors import ServerError
from tasks.home import PREFECT_FOLDER, Home

HOST = "127.0.0.1"
POOL = "copydesk"
START_S = 120.0  # seconds that a server may take to answer: a fresh one on a busy machine makes its tables first
PR_SET_PDEATHSIG = 1  # linux/prctl.h
TAIL_LINES = 5  # of a log, in an error
LEASES = "prefect.server.concurrency.lease_storage.filesystem"


def prefect_environment(home: Home, address: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of server, worker and flow runs: state in the home, nothing sent to anybody, quick to act."""
    return {
        **environ,
        "COPYDESK_HOME": str(home.root.resolve()),
        "DO_NOT_TRACK": "1",
        "PREFECT_HOME": str(home.root.resolve() / PREFECT_FOLDER),
        "PREFECT_API_URL": f"{address}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": LEASES,
        "PREFECT_SERVER_CONCURRENCY_MAXIMUM_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "copydesk",
    }


def require_free(port: int) -> None:
    """Raise ServerError where something listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServerError(f"port {port}: {error.strerror}; give another with --port") from error


def start_program(words: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start a program of Prefect; Ctrl-C in the terminal does not reach it, so that the order of stopping is ours."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "prefect", *words], env=dict(environment), stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
        )  # fmt: skip


def _end_with_parent() -> None:
    """Let the kernel end this process when its parent was killed: nobody else would, and its port would stay taken."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def run_program(words: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
    """Run a program of Prefect to its end.

    Raises       ServerError where it fails
    """
    program = start_program(words, environment, log)
    if program.wait(START_S):
        raise ServerError(f"prefect {' '.join(words[:3])}: failed ({tail(log)}); all of it is in {log}")


def is_healthy(url: str) -> bool:
    """Tell whether a server answers at an API's address."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def wait_until_healthy(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a server that was started.

    Raises       ServerError where it ends, or does not answer in time
    """
    deadline = time.monotonic() + START_S
    while not is_healthy(url):
        if server.poll() is not None:
            raise ServerError(f"the Prefect server ended at once ({tail(log)}); all of it is in {log}")
        if time.monotonic() > deadline:
            raise ServerError(f"the Prefect server does not answer at {url} after {START_S:g} s; see {log}")
        time.sleep(0.2)


def stop_program(program: subprocess.Popen[bytes], *, wait_s: float) -> None:
    """Ask a program to end, and end it where it does not."""
    if program.poll() is not None:
        return
    program.terminate()
    try:
        program.wait(wait_s)
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, signal.SIGKILL)
        program.wait(wait_s)


def tail(log: Path) -> str:
    """Return the last lines of a log, on one."""
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    return " / ".join(lines[-TAIL_LINES:])
