"""A poller that is killed at any named point: nobody is asked again within the hour, and afterwards nothing is lost and nothing doubled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from processes import Done, run_command
from published import snapshot
from small_site import Site, served_site

from tasks.home import Home
from tasks.points import POINTS as ALL_POINTS

pytestmark = pytest.mark.slow

BEGAN = datetime(2026, 3, 17, 8, 0, tzinfo=timezone.utc)
KILLED = -9
POINTS = ["poll.claimed", "poll.kept", "poll.stored", "ingest.staged", "drain.inserted", "drain.committed", "publish.copied"]


@pytest.fixture
def site() -> Iterator[Site]:
    with served_site() as served:
        yield served


def poll(home: Path, *words: str, hours: float, **variables: str) -> Done:
    now = (BEGAN + timedelta(hours=hours)).isoformat()
    return run_command(
        "poll", *words, home=home, COPYDESK_NOW=now, COPYDESK_ALLOW_HOSTS="127.0.0.1", COPYDESK_HOST_GAP_S="0", COPYDESK_CONTACT="desk@paper.example", **variables
    )  # fmt: skip


def stored(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return what does not depend on when it was asked for."""
    with snapshot(Home(root=home, raw_root=home)) as tables:
        return {
            "entries": tables.execute(
                "select entry_id, guid, title, url, page_state, article_id, state_count from entries order by 1"
            ).fetchall(),
            "articles": tables.execute("select article_id, title, text, version_count from articles order by 1").fetchall(),
            "ledger": tables.execute("select url, state, reason, article_id from ledger order by 1").fetchall(),
            "feeds": tables.execute("select url, title, kind, etag, failures from feeds order by 1").fetchall(),
        }


@pytest.mark.parametrize("point", POINTS)
def test_fault_36_a_poller_killed_at_a_point_loses_nothing_and_asks_nobody_too_early(site: Site, tmp_path: Path, point: str) -> None:
    clean = tmp_path / "clean"
    assert poll(clean, site.feed, hours=0).code == 0
    wanted = stored(clean)
    site.asked.clear()

    home = tmp_path / "killed"
    assert poll(home, site.feed, hours=0, COPYDESK_KILL_AT=point).code == KILLED
    asked = site.asked["/feed.xml"]
    within = poll(home, hours=0.5)
    assert within.code == 0
    assert site.asked["/feed.xml"] == asked
    assert poll(home, hours=30).code == 0
    assert poll(home, hours=60).code == 0
    assert stored(home) == wanted
    assert site.asked["/feed.xml"] <= 4
    assert run_command("refresh", home=home).code == 0


def test_every_named_point_of_polling_is_among_these() -> None:
    assert {point for point in ALL_POINTS if point.startswith("poll.")} <= set(POINTS)


def test_fault_2_a_body_that_reached_raw_before_the_kill_is_taken_by_the_next_ingest(site: Site, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert poll(home, site.feed, "--no-pages", hours=0, COPYDESK_KILL_AT="poll.kept").code == KILLED
    assert run_command("ingest", home=home).code == 0
    with snapshot(Home(root=home, raw_root=home)) as tables:
        assert tables.execute("select count(*) from entries").fetchone() == (3,)
