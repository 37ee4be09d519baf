"""`copydesk serve`: a real server, a real worker, files dropped, programs killed."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import synthetic_news as made
from bench_modules import FLOORS, SHARED, bench
from processes import Done
from served_copydesk import Served, served

from tasks.dispatch import send_events
from tasks.home import open_home
from tasks.outbox import Waiting
from tasks.prefect_deployments import written_deployments
from tasks.snapshot import dicts

LOADED_S = 60  # seconds until a dropped file is a story with its event; 15 are promised on a quiet machine
RERUN_S = 180  # seconds until a run whose process was killed has crashed and run again

Rows = Callable[..., list[tuple[Any, ...]]]
Run = Callable[..., Done]

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")]


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served"), limit=4) as box:
        yield box


def dropped(box: Served, name: str, seeds: range) -> Path:
    """Put a file into the drop folder as a person does: under its name once it is whole."""
    part = made.write_rows(
        box.home.root / "drop" / f"{name}.part", [made.row(seed, url=f"https://{name}.example/{seed}") for seed in seeds]
    )
    return part.rename(part.with_suffix(".jsonl"))


def test_a_dropped_file_is_a_story_and_an_event(box: Served, rows: Rows) -> None:
    dropped(box, "first", range(3))
    took_s = box.wait(lambda: len(box.events("copydesk.story.found")) == 3, LOADED_S)
    print(f"from drop to event: {took_s:.1f} s")
    assert (box.home.root / "drop" / "done" / "first.jsonl").exists()
    assert rows(box.home, "select count(*) from stories") == [(3,)]
    [found] = [event for event in box.events("copydesk.story.found") if event["payload"]["url"] == "https://first.example/0"]
    assert found["resource"]["prefect.resource.id"] == f"copydesk.story.{found['payload']['story_id']}"
    assert found["resource"]["copydesk.home"] == str(box.home.root)


def test_each_run_shows_what_came_of_it(box: Served) -> None:
    box.wait(lambda: box.runs("watch-drop") and box.runs("watch-drop")[0]["state_type"] == "COMPLETED", LOADED_S)
    [run] = box.runs("watch-drop")
    assert run["name"] == "load what was dropped"
    artifacts = {entry["key"]: entry for entry in box.post("/artifacts/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})}
    assert set(artifacts) >= {"summary", "stories"}
    assert len(json.loads(artifacts["stories"]["data"])) == 3

    def logs() -> list[str]:
        return [line["message"] for line in box.post("/logs/filter", {"logs": {"flow_run_id": {"any_": [run["id"]]}}})]

    box.wait(lambda: any("3 articles" in line and line.startswith("batch ") for line in logs()), LOADED_S)  # lines are sent in bundles


def test_runs_whose_worker_was_killed_crash_and_run_again(box: Served, rows: Rows, run: Run, tmp_path: Path) -> None:
    """In ingest, in drain and in publish; the worker dies first, so that nobody tells the server."""
    points = ("ingest.staged", "drain.inserted", "publish.copied")
    files = [made.write_rows(tmp_path / f"{number}.jsonl", [made.row(100 + number)]) for number in range(len(points))]
    ids = [box.run("load-files", {"paths": [str(file)]}, COPYDESK_KILL_AT=point) for file, point in zip(files, points, strict=True)]

    def states() -> dict[str, str]:
        return {run["id"]: run["state_type"] for run in box.runs("load-files")}

    box.wait(lambda: all(states()[run_id] not in ("SCHEDULED", "PENDING") for run_id in ids), LOADED_S)
    box.kill("worker")
    took_s = box.wait(
        lambda: [states()[run_id] for run_id in ids] == ["CRASHED"] * 3 and list(states().values()).count("COMPLETED") == 3, RERUN_S
    )
    print(f"from kill to the end of what ran again: {took_s:.1f} s")
    assert "the worker ended; started again" in box.said()
    assert rows(box.home, "select count(*) from articles") == [(6,)]
    clean = open_home(tmp_path / "clean")
    assert run("load", *box.home.root.glob("drop/done/*.jsonl"), *files, home=clean).code == 0
    for ids in (
        "select article_id, version_id, story_id, text from articles",
        "select story_id, article_id, relation from story_members",
        "select version_id, block_no, text from blocks",
    ):
        assert sorted(rows(box.home, ids)) == sorted(rows(clean, ids))


def test_what_a_killed_server_or_sender_lost_is_sent_again(box: Served, rows: Rows, run: Run, tmp_path: Path) -> None:
    """The sender is killed between sending and marking; the server while events come in, three times; the sweep finds what it does not have."""
    file = made.write_rows(tmp_path / "sender.jsonl", [made.row(190 + row) for row in range(5)])
    assert run("load", file, home=box.home, **with_server(box), COPYDESK_KILL_AT="announce.sent").code == -signal.SIGKILL
    for number in range(3):
        file = made.write_rows(tmp_path / f"{number}.jsonl", [made.row(200 + 30 * number + row) for row in range(30)])
        assert run("load", file, home=box.home, **with_server(box)).code == 0
        box.kill("server")  # within five seconds: what it was sent is not yet written down
        box.wait(lambda: box.deployments(), LOADED_S)
    box.wait(lambda: unconfirmed(box) == 0, RERUN_S)
    assert_each_once(box, rows)


@pytest.mark.filterwarnings("ignore")
def test_events_sent_twice_and_in_another_order_are_there_once(box: Served, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with box.home.locked() as warehouse:
        sent = [
            Waiting(**row) for row in dicts(warehouse.connection, f"select {', '.join(Waiting.__dataclass_fields__)} from store.outbox")
        ]
    monkeypatch.setenv("PREFECT_API_URL", box.api)
    with temporary_settings({PREFECT_API_URL: box.api}):
        for again in (sent[::-1], sent[::2], [replace(sent[0], message_id="f" * 32, name="copydesk-test.last")]):
            assert len(send_events(again, home=str(box.home.root))) == len(again)
    box.wait(lambda: box.events("copydesk-test.last"), LOADED_S)  # events are written down in the order in which they came
    assert_each_once(box, rows)


def assert_each_once(box: Served, rows: Rows) -> None:
    """Hold the events that the server has against the outbox."""
    wanted = [message_id for (message_id,) in rows(box.home, "select message_id from outbox")]
    box.wait(lambda: len(box.events()) >= len(wanted), LOADED_S)
    there = [event["id"].replace("-", "") for event in box.events()]
    assert sorted(there) == sorted(wanted), "each of them, and each once"


def with_server(box: Served) -> dict[str, str]:
    """Return the variables of a command that sends events."""
    return {"PREFECT_API_URL": box.api, "PREFECT_HOME": str(box.home.root / "prefect"), "PYTHONWARNINGS": "ignore", "COPYDESK_NOW": ""}


def unconfirmed(box: Served) -> int:
    with box.home.locked() as warehouse:
        [(count,)] = warehouse.rows("select count(*) from store.outbox where confirmed_at is null")
    return int(count)


def test_a_burst_of_batches_is_checked_once_it_is_over(box: Served, run: Run, tmp_path: Path) -> None:
    before = {entry["id"] for entry in box.runs("refresh-models")}
    for number in range(5):
        file = made.write_rows(tmp_path / f"{number}.jsonl", [made.row(400 + number)])
        assert run("load", file, home=box.home, **with_server(box)).code == 0
    last = max(event["occurred"] for event in box.events("copydesk.batch.loaded"))

    def since() -> list[dict[str, Any]]:
        return [entry for entry in box.runs("refresh-models") if entry["id"] not in before and entry["start_time"]]

    box.wait(lambda: [entry for entry in since() if entry["start_time"] > last and entry["state_type"] == "COMPLETED"], RERUN_S)
    assert len(since()) <= 2


def test_stopped_and_started_again_nothing_is_late_and_nothing_is_left_running(box: Served, rows: Rows) -> None:
    assert box.stop() == 0
    assert box.said().rstrip().endswith("copydesk: stopped")
    dropped(box, "meanwhile", range(300, 302))
    box.start()
    box.wait(lambda: rows(box.home, "select count(*) from articles where url like 'https://meanwhile.%'") == [(2,)], LOADED_S)
    states = {run["state_name"] for run in box.runs()}
    assert states <= {"Completed", "Scheduled", "Running", "Pending", "Crashed"}, "Late and Cancelled are traces of a stop"
    assert len(box.post("/work_pools/copydesk/workers/filter", {})) == 1
    names = [entry["name"] for entry in box.post("/automations/filter", {})]
    assert sorted(names) == sorted(set(names))


def test_killed_its_programs_end_with_it_and_it_starts_again(box: Served) -> None:
    assert box.process is not None
    box.process.kill()
    box.process.wait(10)
    box.start()
    assert len(box.deployments()) == len(written_deployments())


@pytest.mark.skipif(not (SHARED / "data" / "warc").is_dir(), reason="the archive is not beside the checkout")
def test_a_further_batch_costs_little_more_through_prefect(box: Served, tmp_path: Path) -> None:
    box.pause()
    _, further = bench("orchestration").ratios(box, tmp_path, SHARED / "data", pairs=1, most=2, pages=100)
    assert further <= FLOORS["orchestration"]["further_batch_cpu_ratio"]
