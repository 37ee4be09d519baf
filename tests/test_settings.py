"""Settings: what a page may take is a number above nothing, and the clock speaks in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tasks.core.errors import SettingsError
from tasks.settings import Settings, load_settings


def test_limits_of_the_readers_come_from_file_and_variables(tmp_path: Path) -> None:
    (tmp_path / "copydesk.toml").write_text("read_timeout_s = 2.5\nread_memory_mb = 512\n", "utf-8")
    found = load_settings(tmp_path, {"COPYDESK_READ_MEMORY_MB": "1024"})
    assert (found.read_timeout_s, found.read_memory_mb) == (2.5, 1024)


@pytest.mark.parametrize("name", ["COPYDESK_READ_TIMEOUT_S", "COPYDESK_READ_MEMORY_MB"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "much", "99999999999999"], ids=str)
def test_limits_that_would_read_nothing_or_for_ever_are_refused(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings(tmp_path, {name: value})


def test_the_clock_speaks_in_utc_whatever_zone_the_time_was_given_in() -> None:
    """In a zone of its own an hour later is another time where that zone changes its hour."""
    given = datetime(2026, 11, 1, 1, 50, tzinfo=ZoneInfo("America/New_York"))
    clock = Settings(now=given).clock()
    assert (clock, clock.tzinfo) == (datetime(2026, 11, 1, 5, 50, tzinfo=timezone.utc), timezone.utc)
    assert clock + timedelta(hours=1) == datetime(2026, 11, 1, 6, 50, tzinfo=timezone.utc)
