"""Settings of the readers: what a page may take is a number above nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.core.errors import SettingsError
from tasks.settings import load_settings


def test_limits_of_the_readers_come_from_file_and_variables(tmp_path: Path) -> None:
    (tmp_path / "copydesk.toml").write_text("read_timeout_s = 2.5\nread_memory_mb = 512\n", "utf-8")
    found = load_settings(tmp_path, {"COPYDESK_READ_MEMORY_MB": "1024"})
    assert (found.read_timeout_s, found.read_memory_mb) == (2.5, 1024)


@pytest.mark.parametrize("name", ["COPYDESK_READ_TIMEOUT_S", "COPYDESK_READ_MEMORY_MB"])
@pytest.mark.parametrize("value", ["0", "-1", "nan", "much", "99999999999999"], ids=str)
def test_limits_that_would_read_nothing_or_for_ever_are_refused(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=name):
        load_settings(tmp_path, {name: value})
