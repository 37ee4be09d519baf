"""What doctor says of polling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from small_site import Site, served_site

from flows import path
from tasks.doctor.feeds import feed_findings
from tasks.doctor.raw import raw_findings
from tasks.home import Home, open_home
from tasks.settings import Settings

BEGAN = datetime(2026, 3, 17, 8, 0, tzinfo=timezone.utc)
SETTINGS = Settings(contact="desk@paper.example", allow_hosts=("127.0.0.1",), host_gap_s=0, workers=1)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with served_site() as served:
        yield served


def polled(home: Home, site: Site, *, hours: float) -> None:
    path.poll(home, replace(SETTINGS, now=BEGAN + timedelta(hours=hours)), [site.feed], pages=False)


def said(home: Home, *, hours: float) -> list[tuple[str, str]]:
    found = feed_findings(home, now=BEGAN + timedelta(hours=hours))
    return [(finding.state, " ".join(finding.text.split()[:3])) for finding in found]


def test_a_home_without_feeds_has_no_finding(tmp_path: Path) -> None:
    assert said(open_home(tmp_path / "home"), hours=0) == []


def test_polling_that_stopped_is_bad_and_says_since_when(site: Site, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    polled(home, site, hours=0)
    assert said(home, hours=1) == [("good", "1 on the")]
    assert said(home, hours=60) == [("bad", "not polled: a")]


def test_a_decision_that_cannot_be_read_is_bad_and_named_by_its_line(site: Site, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    polled(home, site, hours=0)
    whole = home.decisions.read_bytes()
    assert [finding.state for finding in raw_findings(home, None, is_deep=False)] == ["good"]
    home.decisions.write_bytes(b'{"what": 1}\n' + whole)
    (found,) = [finding for finding in raw_findings(home, None, is_deep=False) if finding.state == "bad"]
    assert "decisions.jsonl: line 1 is no decision" in found.text
    assert found.remedy == "mend or remove the line"
    home.decisions.write_bytes(whole + b'{"what": "fee')  # cut short by a kill: it was never acknowledged
    assert [finding.state for finding in raw_findings(home, None, is_deep=False)] == ["good"]


def test_running_but_silent_is_bad(site: Site, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    for hours in (0, 25, 28, 31, 34, 37, 40):
        polled(home, site, hours=hours)
    assert said(home, hours=40) == [("bad", "running but silent:")]


def test_a_feed_that_fails_is_named_with_the_command_that_shows_why(site: Site, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    bad = f"http://127.0.0.1:{site.port}/missing.xml"
    for hours in (0, 30, 90):
        path.poll(home, replace(SETTINGS, now=BEGAN + timedelta(hours=hours)), [bad], pages=False)
    (named,) = [finding for finding in feed_findings(home, now=BEGAN + timedelta(hours=91)) if "failing" in finding.text]
    assert (named.state, named.text) == ("note", f"1 failing: {bad}")
    assert "copydesk feeds list" in named.remedy
