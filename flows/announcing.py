"""What the outbox holds, sent as events: in order, marked afterwards, and looked for at the server a while later."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from tasks.core.errors import BusyError, ServerError
from tasks.dispatch import has_server, kept_events, send_events
from tasks.home import Home
from tasks.outbox import Waiting, drop_stale, mark, unconfirmed, unsent
from tasks.points import reached
from tasks.publish import quietly
from tasks.settings import Settings
from tasks.steps import step

log = logging.getLogger("copydesk")

AT_A_TIME = 500  # messages between two looks into the outbox


@dataclass(slots=True)
class Announced:
    """What became of messages. `lost` counts those that the server did not have when it was asked: they were sent again."""

    sent: int = 0
    lost: int = 0
    dropped: int = 0


def announce_new(home: Home, settings: Settings) -> Announced:
    """Send what the outbox holds, where a Prefect server is configured; what it does not take now is sent another time, and stops no run."""
    result = Announced()
    if has_server() and home.warehouse_file.exists():
        _try(_send_waiting, home, settings, result)
    return result


def announce_again(home: Home, settings: Settings) -> Announced:
    """Give up what nobody took for a day, send again what the server lost, and send what waits."""
    result = Announced()
    if not has_server() or not home.warehouse_file.exists():
        return result
    with quietly(home) as warehouse:
        result.dropped = drop_stale(warehouse, settings.clock())
    if result.dropped:
        log.warning("%d messages were not taken by a Prefect server for a day: dropped; their rows stay in the outbox", result.dropped)
    for doing in (_find_lost, _send_waiting):
        _try(doing, home, settings, result)
    return result


def _try(doing: Callable[[Home, Settings, Announced], None], home: Home, settings: Settings, result: Announced) -> None:
    try:
        doing(home, settings, result)
    except (ServerError, BusyError) as error:  # what was loaded is loaded, whoever hears of it
        log.warning("%s; what is to be announced waits in the outbox: the next run or sweep sends it", error)


def _send_waiting(home: Home, settings: Settings, result: Announced) -> None:
    with home.announcing():
        while messages := _unsent(home):
            result.sent += _send(home, settings, messages)


@step("send events")
def _send(home: Home, settings: Settings, messages: list[Waiting]) -> int:
    sent = send_events(messages, home=str(home.root.resolve()))
    reached("announce.sent")
    with quietly(home) as warehouse:
        mark(warehouse, "sent_at", sent, settings.clock())
    return len(sent)


def _unsent(home: Home) -> list[Waiting]:
    with quietly(home) as warehouse:
        return unsent(warehouse, AT_A_TIME)


def _find_lost(home: Home, settings: Settings, result: Announced) -> None:
    """Ask the server for what it was sent: a server that was killed lost what it had not yet written down."""
    with home.announcing():
        while messages := _unconfirmed(home, settings):
            kept = kept_events(messages)
            lost = [message.message_id for message in messages if message.message_id not in kept]
            with quietly(home) as warehouse, warehouse.transaction():
                mark(warehouse, "confirmed_at", sorted(kept), settings.clock())
                mark(warehouse, "sent_at", lost, None)
            result.lost += len(lost)


def _unconfirmed(home: Home, settings: Settings) -> list[Waiting]:
    with quietly(home) as warehouse:
        return unconfirmed(warehouse, settings.clock(), AT_A_TIME)
