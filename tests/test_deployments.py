"""The deployments and automations as they are written, tested without a server: what starts what."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from tasks.core.events import EVENTS
from tasks.prefect_deployments import written_automations, written_deployments

pytestmark = pytest.mark.filterwarnings("ignore")

DEPLOYMENTS = written_deployments()
AUTOMATIONS = written_automations()
RUN = "prefect.flow-run.0f5e1c1e-0000-4000-8000-000000000001"
RUN_STATES = ("Pending", "Running", "Completed", "Failed", "Cancelled", "Crashed", "AwaitingConcurrencySlot", "heartbeat")
EVENT_KINDS = {name: event.resource for name, event in EVENTS.items()}

# what covers an event: {trigger or automation: events that start it, or that it waits for}
COVERED: dict[str, set[str]] = {
    "copydesk-file-dropped": {"copydesk.file.dropped"},
    "copydesk-capture-landed": {"copydesk.capture.landed"},
    "copydesk-capture-landed-last": {"copydesk.capture.landed"},
    "copydesk-batches-loaded": {"copydesk.batch.loaded"},
    "copydesk-heartbeat-lost": {f"prefect.flow-run.{state}" for state in ("heartbeat", "Completed", "Failed", "Cancelled", "Crashed")},
    "copydesk-stuck-pending": {f"prefect.flow-run.{state}" for state in RUN_STATES if state != "heartbeat"},
    "copydesk-rerun-crashed": {"prefect.flow-run.Crashed"},
    "copydesk-feed-silent": {"copydesk.feed.silent"},
    "copydesk-drain-behind": {"copydesk.capture.landed", "copydesk.batch.loaded"},
}


def written_triggers() -> dict[str, dict[str, Any]]:
    """Return what triggers, by name: of deployments and of automations."""
    of_deployments = {
        entry["name"]: {key: value for key, value in entry.items() if key not in ("name", "description", "enabled")}
        for deployment in DEPLOYMENTS
        for entry in deployment.get("triggers", ())
    }
    return of_deployments | {
        entry["name"]: {key: value for key, value in entry["trigger"].items() if key != "type"} for entry in AUTOMATIONS
    }


def event(name: str, *, resource: str | None = None, tag: str = "copydesk", payload: dict[str, Any] | None = None) -> Any:
    """Return an event as a server receives it: one of ours, or of a flow run."""
    from prefect.server.events.schemas.events import ReceivedEvent, RelatedResource, Resource

    resource_id = resource or (RUN if name.startswith("prefect.") else f"copydesk.{EVENT_KINDS[name]}.1")
    related = [RelatedResource({"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"})]
    now = datetime.now(UTC)
    labels = {"prefect.resource.id": resource_id, "copydesk.home": "/home"}
    return ReceivedEvent(
        occurred=now, received=now, event=name, resource=Resource(labels), related=related, payload=payload or {}, id=uuid4()
    )  # fmt: skip


def covering(sent: Any) -> set[str]:
    """Return the names of the triggers that an event fires, or whose wait it begins or ends."""
    from prefect.server.events.schemas.automations import EventTrigger

    found = set()
    for name, written in written_triggers().items():
        awaited = EventTrigger(**written)
        begun = EventTrigger(**{**written, "expect": written.get("after", []), "after": []})
        if awaited.covers(sent) or (written.get("after") and begun.covers(sent)):
            found.add(name)
    return found


@pytest.mark.parametrize("entry", DEPLOYMENTS, ids=lambda entry: str(entry["name"]))
def test_an_entrypoint_is_a_flow_whose_parameters_are_those_of_the_deployment(entry: dict[str, Any]) -> None:
    module, _, name = entry["entrypoint"].rpartition(".")
    flow = getattr(importlib.import_module(module), name)
    assert flow.name == entry["name"]
    flow.validate_parameters({**entry["parameters"]})
    assert entry["description"]
    assert "copydesk" in entry["tags"], "automations look after what has this tag"


@pytest.mark.parametrize("entry", DEPLOYMENTS, ids=lambda entry: str(entry["name"]))
def test_every_parameter_has_a_title_in_its_form(entry: dict[str, Any]) -> None:
    from prefect.utilities.callables import parameter_schema

    module, _, name = entry["entrypoint"].rpartition(".")
    schema = parameter_schema(getattr(importlib.import_module(module), name))
    assert list(schema.properties) == ["given"]
    fields = {name: field for definition in schema.definitions.values() for name, field in definition["properties"].items()}
    assert set(fields) >= {"home", "workers"}
    assert [name for name, field in fields.items() if field["title"] == name or not field["description"]] == []


def test_what_waits_for_nobody_has_a_schedule() -> None:
    assert {entry["name"] for entry in DEPLOYMENTS if entry.get("schedules")} == {"poll-feeds", "refresh-models", "sweep"}


@pytest.mark.parametrize("name", [*EVENTS, *(f"prefect.flow-run.{state}" for state in RUN_STATES)])
def test_an_event_is_covered_by_its_triggers_and_by_no_other(name: str) -> None:
    assert covering(event(name)) == {trigger for trigger, events in COVERED.items() if name in events}


def test_every_trigger_is_named_here_and_described() -> None:
    assert set(written_triggers()) == set(COVERED)
    described = [*AUTOMATIONS, *(trigger for entry in DEPLOYMENTS for trigger in entry.get("triggers", ()))]
    assert [entry["name"] for entry in described if len(entry["description"]) < 20] == []


def test_events_of_other_resources_and_runs_of_others_start_nothing() -> None:
    assert covering(event("copydesk.capture.landed", resource="other.thing.1")) <= {"copydesk-drain-behind"}
    assert covering(event("prefect.flow-run.Crashed", tag="somebody-else")) == set()


def test_what_waits_for_silence_counts_by_a_label() -> None:
    """Without one Prefect's server opens a window by itself, again and again, and fires without any event."""
    waiting = {name: trigger for name, trigger in written_triggers().items() if trigger["posture"] == "Proactive"}
    assert {name for name, trigger in waiting.items() if not trigger.get("for_each")} == set()
    assert all(trigger["within"] >= 10 for trigger in waiting.values())


def test_parameters_of_actions_are_filled_from_the_payload() -> None:
    from prefect.server.utilities.user_templates import render_user_template_sync

    (silent,) = [entry for entry in AUTOMATIONS if entry["name"] == "copydesk-feed-silent"]
    (template,) = silent["actions"][0]["parameters"]["given"]["feeds"]
    sent = event("copydesk.feed.silent", payload={"url": "https://paper.example/feed.xml"})
    assert render_user_template_sync(template, {"event": sent}) == "https://paper.example/feed.xml"
    assert "url" in EVENTS["copydesk.feed.silent"].payload


def test_actions_name_deployments_that_are_there() -> None:
    there = {f"{entry['entrypoint'].rpartition('.')[2].replace('_', '-')}/{entry['name']}" for entry in DEPLOYMENTS}
    assert {action["deployment"] for entry in AUTOMATIONS for action in entry["actions"] if "deployment" in action} <= there
