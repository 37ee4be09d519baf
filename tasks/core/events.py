"""Events: what is announced, of what kind of thing, and what a consumer is told with it.

It does not send anything: messages are rows of the outbox (tasks/outbox.py), events what comes of them (tasks/dispatch.py).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tasks.core import ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A kind of event.

    resource     what it happens to: the resource of an event is copydesk.<resource>.<id>
    payload      what a consumer is told
    means        when it is announced, for people
    """

    resource: str
    payload: tuple[str, ...]
    means: str


_ARTICLE = ("story_id", "article_id", "title", "outlet", "url", "language", "published_at")

EVENTS: Mapping[str, Event] = {
    "copydesk.file.dropped": Event(
        resource="drop", payload=("count", "names"), means="files lie in the drop folder, and nobody writes to them any more (`copydesk serve` looks)",
    ),
    "copydesk.capture.landed": Event(
        resource="segment", payload=("segment_no",), means="a segment was committed to raw by somebody who does not ingest it",
    ),
    "copydesk.batch.loaded": Event(
        resource="batch",
        payload=("captures_new", "articles_new", "versions_new", "stories_new", "copies_new", "rejected", "entries_new"),
        means="a batch is in the warehouse",
    ),
    "copydesk.story.found": Event(resource="story", payload=_ARTICLE, means="an article begins a story"),
    "copydesk.story.copied": Event(
        resource="article", payload=(*_ARTICLE, "copied_from_article_id", "relation"), means="an article joins a story that was there",
    ),
    "copydesk.version.changed": Event(
        resource="version",
        payload=("article_id", "version_id", "previous_version_id", "edit_class", "words_added", "words_removed"),
        means="an article says something else than before",
    ),
    "copydesk.feed.silent": Event(
        resource="feed", payload=("feed_id", "url", "title", "silent_s", "alarm_after_s"), means="a feed brings no news for longer than its rhythm explains",
    ),
    "copydesk.feed.gap": Event(
        resource="feed", payload=("feed_id", "url", "entries"), means="a feed's window moved completely between two polls",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is to be announced.

    name         of its event, without copydesk.
    subject      the id of what it happened to
    """

    name: str
    subject: str
    payload: Mapping[str, Any]


def message_row(message: Message, *, cause: str) -> dict[str, Any]:
    """Return a row of the outbox.

    cause        what it is announced for, a batch or a moment: the same message for the same cause has the same id
    Raises       KeyError for an unknown event, ValueError where the payload is not what its event promises
    """
    name = f"copydesk.{message.name}"
    event = EVENTS[name]
    if set(message.payload) != set(event.payload):
        raise ValueError(f"{name}: its payload is {', '.join(event.payload)}, not {', '.join(message.payload)}")
    resource = f"copydesk.{event.resource}.{message.subject}"
    told = json.dumps({key: message.payload[key] for key in event.payload}, ensure_ascii=False, default=_as_text)
    return {"message_id": ids.id_of("message", name, resource, cause), "name": name, "resource": resource, "payload": told, "cause": cause}


def _as_text(value: object) -> str:
    return ids.iso_utc(value) if isinstance(value, datetime) else str(value)
