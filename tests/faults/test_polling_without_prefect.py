"""No server of Prefect answers: the command polls on and keeps what is to be announced, and a flow that cannot run leaves all as it was."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from polling_rig import Says, Site, desk_at, own_site, rss_of
from processes import child_environment

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
FLOW = """
import sys
from flows.parameters import PollParameters
from flows.poll_feeds import poll_feeds
poll_feeds(PollParameters(home=sys.argv[1]))
"""
MOST_S = 60  # until a flow has given up on its server


@pytest.fixture
def site() -> Iterator[Site]:
    with own_site() as served:
        served.answers["/feed"] = Says(rss_of(1, 2))
        yield served


@pytest.fixture
def down(tmp_path: Path) -> Iterator[dict[str, str]]:
    """What says that there is a server of Prefect, at a port that nobody listens at."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and never listens
        yield {
            "PREFECT_API_URL": f"http://127.0.0.1:{held.getsockname()[1]}/api", "PREFECT_HOME": str(tmp_path / "prefect"),
            "PREFECT_CLIENT_MAX_RETRIES": "0", "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false", "DO_NOT_TRACK": "1", "PYTHONPATH": str(ROOT),
        }  # fmt: skip


def test_fault_37_without_prefect_polling_goes_on_and_what_is_to_be_announced_is_kept(
    site: Site, down: dict[str, str], tmp_path: Path
) -> None:
    desk = desk_at(tmp_path)
    assert desk.command("poll", "--no-pages", site.url("/feed"), **down).code == 0
    flow = [sys.executable, "-c", FLOW, str(desk.home.root)]
    desk.advance(days=2)
    before = desk.rows("select url, next_poll_at, why_then from feeds"), site.count("/feed")
    variables = child_environment(**desk.variables, **down, PYTHONWARNINGS="ignore")
    run = subprocess.run(flow, env=variables, capture_output=True, text=True, timeout=MOST_S, check=False)
    assert run.returncode == 1
    assert "Failed to reach API" in run.stderr
    assert (desk.rows("select url, next_poll_at, why_then from feeds"), site.count("/feed")) == before
    site.answers["/feed"] = Says(rss_of(11, 12))
    done = desk.command("poll", "--no-pages", **down)
    assert done.code == 0, done.err
    assert [line for line in done.errors if "takes no events" in line and "waits in the outbox" in line] == done.errors[-1:]
    assert desk.entry_titles(site.url("/feed")) == ["Story 1", "Story 11", "Story 12", "Story 2"]
    kept = desk.rows("select name, count(*), count(sent_at) from outbox group by 1 order by 1")
    assert kept == [("copydesk.batch.loaded", 2, 0), ("copydesk.feed.gap", 1, 0)]
