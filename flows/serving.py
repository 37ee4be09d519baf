"""One box: server, deployments, automations and a worker, in this order, looked after, and stopped in the other order."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

from flows.dropping import DropWatch
from tasks.core.errors import CopydeskError, ServerError, first_line
from tasks.home import PREFECT_FOLDER, Home
from tasks.prefect_server import (
    HOST,
    POOL,
    is_healthy,
    prefect_environment,
    require_free,
    run_program,
    start_program,
    stop_program,
    tail,
    wait_until_healthy,
)
from tasks.settings import Settings

log = logging.getLogger("copydesk")

LOOK_S = 1.0  # seconds between two looks at the drop folder and the programs
FINISH_S = 60.0  # seconds that runs have to come to their end at a stop; the next start goes on with what they did not do
STOP_S = 15.0  # seconds that a program has to stop
RESTARTS, RESTARTS_WITHIN_S = 5, 300.0  # more often than that is no accident

Say = Callable[[str], None]


@dataclass(slots=True)
class Program:
    """A program that is started again where it ended."""

    name: str
    words: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    process: Popen[bytes]
    restarts: tuple[float, ...] = ()

    def look_after(self, say: Say) -> bool:
        """Start the program again where it ended; return whether it had.

        Raises       ServerError where that happens again and again
        """
        if self.process.poll() is None:
            return False
        now = time.monotonic()
        self.restarts = (*(at for at in self.restarts if now - at < RESTARTS_WITHIN_S), now)
        if len(self.restarts) > RESTARTS:
            raise ServerError(f"the {self.name} ended {RESTARTS} times in {RESTARTS_WITHIN_S:g} s ({tail(self.log)}); see {self.log}")
        say(f"the {self.name} ended; started again, see {self.log}")
        self.process = start_program(self.words, self.environment, self.log)
        return True


def serve(home: Home, settings: Settings, *, port: int, limit: int, say: Say, ready: Say) -> None:
    """Run server, worker and drop watch until interrupted.

    limit        flow runs at a time
    say          told of what a person should know
    ready        told the interface's address once all is in place
    Raises       ServerError where a program does not start, KeyboardInterrupt when all has stopped after Ctrl-C
    """
    require_free(port)
    environment = prefect_environment(home, f"http://{HOST}:{port}", os.environ)
    server = _started("server", ("server", "start", "--host", HOST, "--port", str(port)), environment, _logs(home) / "server.log")
    try:
        wait_until_healthy(environment["PREFECT_API_URL"], server.process, server.log)
        _work(home, settings, environment, server, limit=limit, say=say, ready=ready)
    finally:
        stop_program(server.process, wait_s=STOP_S)


def join(home: Home, settings: Settings, *, url: str, limit: int, say: Say, ready: Say) -> None:
    """Do the same with a server that is there already, on this box or another.

    url          of its API
    """
    if not is_healthy(url):
        raise ServerError(f"{url}: no Prefect server answers; start it, or mend PREFECT_API_URL")
    environment = prefect_environment(home, url.removesuffix("/api"), os.environ)
    _work(home, settings, environment, None, limit=limit, say=say, ready=ready)


def _logs(home: Home) -> Path:
    logs = home.root / PREFECT_FOLDER
    logs.mkdir(exist_ok=True)
    return logs


def _work(home: Home, settings: Settings, environment: dict[str, str], server: Program | None, *, limit: int, say: Say, ready: Say) -> None:
    """Put deployments and automations in place, and look after a worker and the drop folder."""
    os.environ.update(environment)  # for what this process itself asks the server, before Prefect is imported
    _settle(_logs(home) / "deploy.log", environment, say)
    name = POOL if server else f"{POOL}-{socket.gethostname()}"
    words = ("worker", "start", "--pool", POOL, "--name", name, "--limit", str(limit))
    worker = _started("worker", words, environment, _logs(home) / "worker.log")
    try:
        ready(environment["PREFECT_API_URL"].removesuffix("/api"))
        _look_after(home, settings, server, worker, say)
    finally:
        _stop(worker, say)


def _started(name: str, words: tuple[str, ...], environment: dict[str, str], log_file: Path) -> Program:
    return Program(name=name, words=words, environment=environment, log=log_file, process=start_program(words, environment, log_file))


def _settle(deploy_log: Path, environment: dict[str, str], say: Say) -> None:
    """Put deployments and automations in place."""
    from tasks.prefect_deployments import prefect_file, put_automations, resume_all, written_deployments

    run_program(("work-pool", "create", POOL, "--type", "process", "--overwrite"), environment, deploy_log)
    run_program(("--no-prompt", "deploy", "--prefect-file", str(prefect_file()), "--all"), environment, deploy_log)
    resume_all()
    say(f"{len(written_deployments())} deployments and {put_automations()} automations in place")


def _look_after(home: Home, settings: Settings, server: Program | None, worker: Program, say: Say) -> None:
    drops = DropWatch(home, settings)
    while True:
        time.sleep(LOOK_S)
        if server and server.look_after(say):
            wait_until_healthy(server.environment["PREFECT_API_URL"], server.process, server.log)
        worker.look_after(say)
        try:
            drops.look()
        except (CopydeskError, OSError) as error:  # busy, full, broken, a file that has just gone: it will be looked at again
            say(f"{error}; dropped files are loaded with the next sweep")


def _stop(worker: Program, say: Say) -> None:
    """Stop so that nothing is left half done and nothing is planned: schedules, then runs, then the worker."""
    try:
        _finish_runs(say)
    except KeyboardInterrupt:
        say("not waiting for runs any longer; the next start goes on with what they did not do")
    except Exception as error:  # the server may be what is broken
        say(f"schedules could not be paused ({first_line(error)}); the next start plans anew")
    stop_program(worker.process, wait_s=STOP_S)


def _finish_runs(say: Say) -> None:
    from tasks.prefect_deployments import pause_all, runs_at_work

    pause_all()
    deadline = time.monotonic() + FINISH_S
    if count := runs_at_work():
        say(f"{count} runs come to their end, for {FINISH_S:g} s at most; Ctrl-C once more does not wait")
    while runs_at_work() and time.monotonic() < deadline:
        time.sleep(LOOK_S)
