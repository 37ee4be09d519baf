"""The deployments as they are written, tested without a server."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load((ROOT / "deployments" / "prefect.yaml").read_text("utf-8"))["deployments"]


def deployment(name: str) -> dict[str, Any]:
    return next(entry for entry in DEPLOYMENTS if entry["name"] == name)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("entry", DEPLOYMENTS, ids=lambda entry: str(entry["name"]))
def test_an_entrypoint_is_a_flow_whose_parameters_are_those_of_the_deployment(entry: dict[str, Any]) -> None:
    module, _, name = entry["entrypoint"].rpartition(".")
    flow = getattr(importlib.import_module(module), name)
    assert flow.name == entry["name"]
    flow.validate_parameters({**entry["parameters"]})
    assert entry["description"]


def test_what_waits_for_nobody_has_a_schedule() -> None:
    assert [entry["name"] for entry in DEPLOYMENTS if entry.get("schedules")] == ["watch-drop", "poll-feeds"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("event", "resource", "is_covered"),
    [
        pytest.param("copydesk.capture.landed", "copydesk.segment.00000007", True, id="landed"),
        pytest.param("copydesk.batch.loaded", "copydesk.segment.00000007", False, id="another event"),
        pytest.param("copydesk.capture.landed", "other.segment.1", False, id="another resource"),
    ],
)
def test_the_trigger_of_ingest_covers_a_landed_capture_and_nothing_else(event: str, resource: str, is_covered: bool) -> None:
    from datetime import UTC, datetime
    from uuid import uuid4

    from prefect.server.events.schemas.automations import EventTrigger
    from prefect.server.events.schemas.events import ReceivedEvent, Resource

    written = {
        key: value for key, value in deployment("ingest-captures")["triggers"][0].items() if key not in ("name", "description", "enabled")
    }
    trigger = EventTrigger(**written)
    sent = ReceivedEvent(
        occurred=datetime.now(UTC),
        received=datetime.now(UTC),
        event=event,
        resource=Resource({"prefect.resource.id": resource}),
        payload={},
        id=uuid4(),
    )
    assert trigger.covers(sent) is is_covered
