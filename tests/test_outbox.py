"""The outbox: what is announced, in which words, and what becomes of it where no server takes it."""

from __future__ import annotations

import json
import logging
import re
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import synthetic_news as made
import yaml
from processes import NOW, Done

from flows import path, replaying
from flows.announcing import announce_again, announce_new
from tasks.core.errors import ServerError
from tasks.core.events import EVENTS, Message, message_row
from tasks.dispatch import as_event, kept_events, send_events
from tasks.home import Home
from tasks.outbox import CONFIRMED_AFTER, announce, announce_once, drop_stale, mark, unconfirmed, unsent
from tasks.publish import quietly
from tasks.settings import Settings
from tasks.silence import announce_silence

README = Path(__file__).resolve().parents[1] / "README.md"
Call = Callable[..., Done]
Rows = Callable[..., list[tuple[Any, ...]]]
GAP = Message(name="feed.gap", subject="f1", payload={"feed_id": "f1", "url": "https://a.example/feed", "entries": 10})


@pytest.fixture
def loaded(home: Home, settings: Settings, tmp_path: Any) -> Home:
    """Two articles of one story, one of them in two versions."""
    text, later = made.text(1), made.text(1) + " " + made.text(2)
    lines = [
        {"url": "https://a.example/1", "outlet": "Wire", "title": "One", "language": "en", "text": text, "captured": "2026-03-17T08:00:00Z", "published": "2026-03-17T07:00:00Z"},
        {"url": "https://b.example/1", "outlet": "Echo", "text": text, "captured": "2026-03-17T09:00:00Z"},
        {"url": "https://a.example/1", "outlet": "Wire", "title": "One", "text": later, "captured": "2026-03-17T10:00:00Z"},
    ]  # fmt: skip
    path.load(home, settings, [str(made.write_rows(tmp_path / "a.jsonl", lines))])
    return home


def messages(rows: Rows, home: Home) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    found: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for name, resource, payload in rows(home, "select name, resource, payload from outbox order by name, resource"):
        found.setdefault(name, []).append((resource, json.loads(payload)))
    return found


def test_what_is_announced_says_what_a_consumer_needs(loaded: Home, rows: Rows) -> None:
    said = messages(rows, loaded)
    [(story, article)] = rows(loaded, "select story_id, article_id from story_members where is_founder")
    [(copier,)] = rows(loaded, "select article_id from story_members where not is_founder")
    assert said["copydesk.story.found"] == [
        (f"copydesk.story.{story}", {"story_id": story, "article_id": article, "title": "One", "outlet": "Wire", "url": "https://a.example/1", "language": "en", "published_at": "2026-03-17T07:00:00Z"}),
    ]  # fmt: skip
    [(resource, copied)] = said["copydesk.story.copied"]
    assert resource == f"copydesk.article.{copier}"
    assert (copied["story_id"], copied["copied_from_article_id"], copied["relation"], copied["published_at"]) == (
        story,
        article,
        "identical",
        None,
    )
    [(_, changed)] = said["copydesk.version.changed"]
    assert (changed["article_id"], changed["edit_class"], changed["words_removed"]) == (article, "addition", 0)
    assert [payload["stories_new"] for _, payload in said["copydesk.batch.loaded"]] == [1]


def test_payloads_have_the_fields_that_are_documented(loaded: Home, rows: Rows) -> None:
    for name, found in messages(rows, loaded).items():
        for resource, payload in found:
            assert tuple(payload) == EVENTS[name].payload
            assert resource.startswith(f"copydesk.{EVENTS[name].resource}.")


def test_a_message_of_another_payload_is_refused() -> None:
    with pytest.raises(ValueError, match=r"copydesk\.feed\.gap: its payload is feed_id, url, entries, not url"):
        message_row(replace(GAP, payload={"url": "x"}), cause="b")
    with pytest.raises(KeyError):
        message_row(replace(GAP, name="feed.gone"), cause="b")


def test_the_same_message_for_the_same_cause_has_the_same_id() -> None:
    ids = {cause: message_row(GAP, cause=cause)["message_id"] for cause in ("1", "2")}
    assert message_row(GAP, cause="1")["message_id"] == ids["1"] != ids["2"]


def test_loading_again_announces_nothing(loaded: Home, settings: Settings, rows: Rows) -> None:
    before = messages(rows, loaded)
    replaying.replay(loaded, settings)
    assert messages(rows, loaded) == before, "and a replay keeps what waits"
    path.ingest(loaded, settings)
    assert messages(rows, loaded) == before


def test_captures_that_nobody_ingests_are_announced_once(home: Home, settings: Settings, rows: Rows, tmp_path: Any) -> None:
    file = str(made.write_rows(tmp_path / "a.jsonl", [made.row(1)]))
    path.load(home, settings, [file], ingests=False)
    path.load(home, settings, [file], ingests=False)
    path.ingest(home, settings)
    landed = messages(rows, home)["copydesk.capture.landed"]
    assert landed == [("copydesk.segment.00000001", {"segment_no": 1}), ("copydesk.segment.00000002", {"segment_no": 2})]


def test_what_nobody_takes_for_a_day_is_dropped_and_its_row_stays(home: Home) -> None:
    with home.locked() as warehouse:
        announce(warehouse, [GAP], cause="old", now=NOW - timedelta(days=1, seconds=1))
        announce(warehouse, [GAP], cause="new", now=NOW - timedelta(hours=23))
        assert drop_stale(warehouse, NOW) == 1
        assert drop_stale(warehouse, NOW) == 0
        assert [message.occurred_at for message in unsent(warehouse, 10)] == [NOW - timedelta(hours=23)]
        assert warehouse.rows("select count(*), count(dropped_at) from store.outbox") == [(2, 1)]


def test_what_was_sent_is_looked_for_a_while_later_and_sent_again_where_it_is_not(home: Home) -> None:
    with home.locked() as warehouse:
        assert announce_once(warehouse, [GAP], cause="1", now=NOW) == 1
        assert announce_once(warehouse, [GAP], cause="1", now=NOW + timedelta(hours=1)) == 0
        [waiting] = unsent(warehouse, 10)
        mark(warehouse, "sent_at", [waiting.message_id], NOW)
        assert unsent(warehouse, 10) == []
        assert unconfirmed(warehouse, NOW + CONFIRMED_AFTER, 10) == []
        later = NOW + CONFIRMED_AFTER + timedelta(seconds=1)
        assert unconfirmed(warehouse, later, 10) == [waiting]
        mark(warehouse, "sent_at", [waiting.message_id], None)
        assert unsent(warehouse, 10) == [waiting]
        mark(warehouse, "sent_at", [waiting.message_id], NOW)
        mark(warehouse, "confirmed_at", [waiting.message_id], later)
        assert unconfirmed(warehouse, later, 10) == []


def test_without_a_server_nothing_is_sent(loaded: Home, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.setattr("tasks.dispatch.sys.modules", {})  # as where Prefect was never imported
    assert announce_new(loaded, settings) == announce_again(loaded, settings)
    with loaded.locked() as warehouse:
        assert len(unsent(warehouse, 100)) == 4


@pytest.fixture
def nobody_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server's address at which nobody listens."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}/api"
        monkeypatch.setenv("PREFECT_API_URL", url)
        with temporary_settings({PREFECT_API_URL: url}):
            yield  # type: ignore[misc]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("nobody_there")
def test_a_server_that_is_down_stops_nothing_and_loses_nothing(loaded: Home, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with loaded.locked() as warehouse:
        waiting = unsent(warehouse, 10)
    with pytest.raises(ServerError, match="takes no events"):
        send_events(waiting, home="/home")
    with pytest.raises(ServerError, match="does not say what it has"):
        kept_events(waiting)
    with caplog.at_level(logging.WARNING, "copydesk"):
        assert announce_new(loaded, settings).sent == 0
    assert [record.message for record in caplog.records if "waits in the outbox" in record.message]
    with loaded.locked() as warehouse:
        assert unsent(warehouse, 10) == waiting


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("nobody_there")
def test_whoever_finds_another_at_sending_leaves_it_to_that_one(loaded: Home, settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    with replace(loaded, wait_s=0).announcing(), caplog.at_level(logging.WARNING, "copydesk"):
        assert announce_new(replace(loaded, wait_s=0), settings).sent == 0
    assert "another copydesk is sending events of this home" in caplog.text


def test_a_silent_feed_is_announced_once_for_each_silence(home: Home, settings: Settings, rows: Rows) -> None:
    assert announce_silence(home, settings) == 0
    with home.locked() as warehouse:
        warehouse.execute("create or replace view feed_health as select 'f1' as feed_id, 'https://a.example/feed' as url, 'A' as title, 'silent' as state, 900000 as silent_s, 172800 as alarm_after_s, timestamptz '2026-03-01 00:00:00+00' as last_new_at")  # fmt: skip
    assert [announce_silence(home, settings), announce_silence(home, settings)] == [1, 0]
    with home.locked() as warehouse:
        [silent] = unsent(warehouse, 10)
    assert (silent.name, silent.resource, json.loads(silent.payload)["silent_s"]) == ("copydesk.feed.silent", "copydesk.feed.f1", 900000)


def test_the_trigger_of_the_readme_starts_a_flow_for_each_new_story_of_an_outlet(loaded: Home, rows: Rows) -> None:
    """What a user copies from the README, held against a message that was really written."""
    from prefect.server.events.schemas.automations import EventTrigger
    from prefect.server.events.schemas.events import ReceivedEvent, Resource
    from prefect.server.utilities.user_templates import render_user_template_sync

    [block] = [block for block in re.findall(r"```yaml\n(.*?)```", README.read_text("utf-8"), re.DOTALL) if "copydesk.story.found" in block]
    [written] = yaml.safe_load(block)["triggers"]
    trigger = EventTrigger(posture="Reactive", threshold=1, **{key: written[key] for key in ("expect", "match")})
    with loaded.locked() as warehouse:
        sent = {message.name: as_event(message, "/home") for message in unsent(warehouse, 10)}
    covered = {}
    for name, event in sent.items():
        received = ReceivedEvent(**event.model_dump(), received=event.occurred)
        wire = received.model_copy(update={"resource": Resource({**received.resource.root, "copydesk.outlet": "Norwick Wire Service"})})
        covered[name] = (trigger.covers(received), trigger.covers(wire))
    assert covered.pop("copydesk.story.found") == (False, True)
    assert set(covered.values()) == {(False, False)}
    title = render_user_template_sync(written["parameters"]["title"], {"event": sent["copydesk.story.found"]})
    assert title == "One"


def test_stories_that_were_first_seen_since_the_last_look_are_listed_whenever_they_were_published(
    home: Home, call: Call, tmp_path: Path
) -> None:
    for hour, seed, published in ((9, 1, "2026-03-17T08:00:00Z"), (11, 2, "2026-03-17T07:00:00Z")):
        row = made.row(seed, url=f"https://a.example/{seed}", published=published, title=f"Harbour {seed}")
        file = made.write_rows(tmp_path / f"{seed}.jsonl", [row])
        assert call("load", file, home=home, COPYDESK_NOW=f"2026-03-17T{hour:02d}:00:00Z").code == 0
    listed = call("--json", "stories", "--seen", "--since", "2026-03-17T10:00:00Z", "--topic", "harbour", home=home).out
    assert [json.loads(line)["title"] for line in listed.splitlines()] == ["Harbour 2"]
    assert call("--json", "stories", "--since", "2026-03-17T10:00:00Z", home=home).out == ""


def test_serve_says_what_is_in_its_way(home: Home, run: Callable[..., Done]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port), home=home)
    assert done.code == 1
    assert done.errors[-1] == f"copydesk: port {port}: Address already in use; give another with --port"


def test_what_becomes_of_messages_makes_no_new_snapshot(loaded: Home) -> None:
    assert not path.publish_snapshot(loaded)
    with quietly(loaded) as warehouse:
        mark(warehouse, "sent_at", [message.message_id for message in unsent(warehouse, 10)], NOW)
    assert not path.publish_snapshot(loaded), "users need not see it at once"
    with loaded.locked() as warehouse:
        announce(warehouse, [GAP], cause="b", now=NOW)
    with quietly(loaded) as warehouse:
        mark(warehouse, "sent_at", [message.message_id for message in unsent(warehouse, 10)], NOW)
    assert path.publish_snapshot(loaded), "but what was new before is still new"
