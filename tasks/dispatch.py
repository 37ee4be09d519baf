"""Messages to Prefect's server as events, and which of them it has. Nothing here is called where no server is named."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from collections.abc import Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from tasks.core.errors import ServerError, first_line
from tasks.outbox import Waiting

if TYPE_CHECKING:
    from prefect.events import Event

SEND_TIMEOUT_S = 60.0  # of one call: a server that takes nothing must not hold up a run
RECONNECTIONS = 1
PAGE = 50  # events: no more are given in one answer
SAID_CHARS = 200  # characters of what the library says
LABELS = ("outlet", "language", "relation", "edit_class", "feed_id")  # of a payload: what a trigger may match
T = TypeVar("T")


def has_server() -> bool:
    """Tell whether a Prefect API is configured: by its variable, or, where Prefect is loaded already, by its profile."""
    if os.environ.get("PREFECT_API_URL"):
        return True
    if "prefect.settings" not in sys.modules:
        return False
    from prefect.settings import PREFECT_API_URL

    return bool(PREFECT_API_URL.value())


def send_events(messages: Sequence[Waiting], *, home: str) -> list[str]:
    """Send messages in order, the last of them, and so all, acknowledged by the server's end of the line; return their ids.

    home         a label of each event: what a trigger counts bursts by
    Raises       ServerError where that did not happen: some may have arrived
    """
    try:
        _run(_send([as_event(message, home) for message in messages]))
    except Exception as error:  # of the library, the network, the server: all that counts is what was taken
        raise ServerError(
            f"{os.environ.get('PREFECT_API_URL', 'the Prefect server')}: takes no events ({first_line(error)[:SAID_CHARS]})"
        ) from error
    return [message.message_id for message in messages]


def kept_events(messages: Sequence[Waiting]) -> set[str]:
    """Return the ids of the messages that the server has written down.

    Raises       ServerError where it does not answer
    """
    try:
        return _run(_kept(messages))
    except Exception as error:
        raise ServerError(
            f"{os.environ.get('PREFECT_API_URL', 'the Prefect server')}: does not say what it has ({first_line(error)[:SAID_CHARS]})"
        ) from error


async def _send(events: Sequence[Event]) -> None:
    from prefect.events.clients import PrefectEventsClient

    logging.getLogger("prefect.events.clients").setLevel(logging.ERROR)  # what it says of a server that is down, we say ourselves
    client = PrefectEventsClient(checkpoint_every=len(events), reconnection_attempts=RECONNECTIONS)
    async with asyncio.timeout(SEND_TIMEOUT_S), client:
        for event in events:
            await client.emit(event)


def as_event(message: Waiting, home: str) -> Event:
    """Return a message as the event that is sent: its payload, and what a trigger may match as labels of its resource."""
    from prefect.events import Event

    payload = json.loads(message.payload)
    name = payload.get("title") or payload.get("url")
    labels = {f"copydesk.{key}": payload[key] for key in LABELS if payload.get(key)}
    labels |= {"prefect.resource.id": message.resource, "copydesk.home": home} | ({"prefect.resource.name": name} if name else {})
    fields = {
        "id": message.message_id, "event": message.name, "occurred": message.occurred_at, "payload": payload, "resource": labels,
    }  # fmt: skip
    return Event.model_validate(fields)


async def _kept(messages: Sequence[Waiting]) -> set[str]:
    from prefect.client.orchestration import get_client

    since = min(message.occurred_at for message in messages).isoformat()
    kept: set[str] = set()
    async with asyncio.timeout(SEND_TIMEOUT_S), get_client() as client:
        for first in range(0, len(messages), PAGE):
            ids = [str(UUID(message.message_id)) for message in messages[first : first + PAGE]]
            asked = {"filter": {"id": {"id": ids}, "occurred": {"since": since}}, "limit": PAGE}
            answer = await client.request("POST", "/events/filter", json=asked)
            kept |= {UUID(event["id"]).hex for event in answer.json()["events"]}
    return kept


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, in a thread of its own, because a flow run may have a loop in this one, but with its settings."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(copy_context().run, asyncio.run, work).result()
