"""What a page of an archive takes beside its reader: that is what more workers cannot share."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_modules import DATA, FLOORS, bench

pytestmark = pytest.mark.slow

ARCHIVE = DATA / "warc" / "aeb_news.warc.gz"
FILES = 6


@pytest.mark.skipif(not ARCHIVE.is_file(), reason="the archive is not here")
def test_the_command_takes_a_small_part_of_what_its_readers_take(tmp_path: Path) -> None:
    backfill = bench("backfill")
    backfill.write_copies(ARCHIVE, tmp_path / "tree", FILES)
    run = backfill.timed(tmp_path / "home", tmp_path / "tree", 2, False)
    assert run.code == 0
    assert backfill.ledger(tmp_path / "home")["done"] == FILES
    assert run.command_cpu_s < FLOORS["backfill"]["command_over_readers"] * run.readers_cpu_s, run
