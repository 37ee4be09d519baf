"""Deployments and automations at a Prefect server: put in place as deployments/ has them, paused and resumed."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tasks.resources import resource

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.events.schemas.automations import AutomationCore

TAG = "copydesk"
AT_WORK = ("RUNNING", "PENDING", "CANCELLING")


def prefect_file() -> Path:
    return resource("deployments") / "prefect.yaml"


def written_deployments() -> list[dict[str, Any]]:
    """Return the deployments as they are written."""
    return list(yaml.safe_load(prefect_file().read_text("utf-8"))["deployments"])


def written_automations() -> list[dict[str, Any]]:
    """Return the automations as they are written; an action names its deployment as flow/deployment."""
    return list(yaml.safe_load((resource("deployments") / "automations.yaml").read_text("utf-8"))["automations"])


def put_automations() -> int:
    """Put the automations in place of those of the same names; return how many there are. Deployments must be there before."""

    async def put() -> int:
        from prefect.client.orchestration import get_client

        written = written_automations()
        async with get_client() as client:
            for entry in written:
                await _put_automation(client, await _automation(client, entry))
        return len(written)

    return asyncio.run(put())


async def _automation(client: PrefectClient, entry: dict[str, Any]) -> AutomationCore:
    from prefect.events.schemas.automations import AutomationCore

    actions = []
    for action in entry["actions"]:
        rest = {name: value for name, value in action.items() if name != "deployment"}
        if "deployment" in action:
            rest["deployment_id"] = (await client.read_deployment_by_name(action["deployment"])).id
        actions.append(rest)
    return AutomationCore.model_validate({**entry, "actions": actions})


async def _put_automation(client: PrefectClient, automation: AutomationCore) -> None:
    known = await client.read_automations_by_name(automation.name)
    for double in known[1:]:
        await client.delete_automation(double.id)
    if known:
        await client.update_automation(known[0].id, automation)
    else:
        await client.create_automation(automation)


def pause_all() -> None:
    """Pause our deployments: what their schedules had planned goes with it, so that a stop leaves no late runs."""
    asyncio.run(_for_each_deployment("pause"))


def resume_all() -> None:
    """Resume our deployments; what was planned for the time of a stop is planned no more."""
    asyncio.run(_for_each_deployment("pause"))
    asyncio.run(_for_each_deployment("resume"))


async def _for_each_deployment(doing: str) -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags

    async with get_client() as client:
        ours = await client.read_deployments(deployment_filter=DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG])))
        for deployment in ours:
            await (client.pause_deployment(deployment.id) if doing == "pause" else client.resume_deployment(deployment.id))


def runs_at_work() -> int:
    """Return how many of our flow runs are at work."""

    async def count() -> int:
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType, FlowRunFilterTags
        from prefect.client.schemas.objects import StateType

        states = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType(name) for name in AT_WORK]))
        async with get_client() as client:
            found = await client.read_flow_runs(flow_run_filter=FlowRunFilter(tags=FlowRunFilterTags(all_=[TAG]), state=states))
        return len(found)

    return asyncio.run(count())
