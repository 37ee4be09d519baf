"""A replay after a mend: what it changed, table by table, and the old warehouse, kept until somebody says that it may go."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import synthetic_news as made
from processes import Done

from flows import path, replaying
from tasks.home import OLD_WAREHOUSE, Home
from tasks.settings import Settings

Call = Callable[..., Done]
Tables = Callable[[Home], dict[str, str]]


@pytest.fixture
def loaded(home: Home, settings: Settings, tmp_path: Path) -> Home:
    path.load(home, settings, [str(made.write_rows(tmp_path / "a.jsonl", [made.row(seed) for seed in range(4)]))])
    return home


def spoil(home: Home) -> None:
    """Let the warehouse say something that raw does not: what a fault of an earlier release left."""
    with home.locked() as warehouse:
        warehouse.execute("update store.versions set outlet = 'Nobody' where version_id = (select min(version_id) from store.versions)")
        warehouse.execute("delete from store.rejects")
    path.publish_snapshot(home)


def test_tables_that_are_the_same_are_said_to_be(loaded: Home, settings: Settings, tables: Tables) -> None:
    before = tables(loaded)
    done = replaying.replay(loaded, settings, compares=True)
    assert done.changed == []
    assert {difference.table for difference in done.differences} == set(before) - {"partitions"}
    [articles] = [difference for difference in done.differences if difference.table == "articles"]
    assert (articles.rows_before, articles.rows_after) == (4, 4)


def test_what_changed_is_counted_table_by_table(loaded: Home, settings: Settings, tables: Tables) -> None:
    wanted = tables(loaded)
    spoil(loaded)
    done = replaying.replay(loaded, settings, compares=True)
    changed = {difference.table: (difference.gone, difference.come) for difference in done.changed}
    assert changed["articles"] == changed["versions"] == (1, 1)
    assert "blocks" not in changed
    assert tables(loaded) == wanted


def test_the_old_warehouse_is_kept_until_told(loaded: Home, call: Call, tables: Tables) -> None:
    spoil(loaded)
    old = loaded.root / OLD_WAREHOUSE
    assert call("replay", home=loaded).code == 0
    assert not old.exists(), "kept only where somebody asks"
    spoil(loaded)
    done = call("--json", "replay", "--compare", "--keep-old", home=loaded)
    assert done.code == 0, done.err
    assert {entry["table"] for entry in json.loads(done.out)["differences"] if entry["gone"]} >= {"articles", "versions"}
    with duckdb.connect(str(old), read_only=True) as kept:
        assert kept.execute("select count(*) from store.versions where outlet = 'Nobody'").fetchall() == [(1,)]
    assert "`copydesk replay --drop-old`" in call("doctor", home=loaded).out
    assert "foreign" not in call("doctor", home=loaded).out
    assert call("replay", "--drop-old", home=loaded).out == "the old warehouse is removed\n"
    assert not old.exists()
    assert call("replay", "--drop-old", home=loaded).out == "there is no old warehouse\n"


def test_the_command_says_what_changed_in_one_line(loaded: Home, call: Call) -> None:
    spoil(loaded)
    assert "; articles -1 +1, " in call("replay", "--compare", home=loaded).out
    assert call("replay", "--compare", home=loaded).out.endswith("; all tables are the same\n")


def test_only_compared_the_old_warehouse_stays(loaded: Home, settings: Settings, tables: Tables) -> None:
    spoil(loaded)
    before = tables(loaded)
    assert replaying.replay(loaded, settings, compares=True, swaps=False).changed
    assert tables(loaded) == before
    assert not (loaded.root / ".replay").exists()


@pytest.mark.parametrize("words", [["--into", "x", "--compare"], ["--drop-old", "--keep-old"]], ids=["into", "drop"])
def test_options_that_exclude_each_other_are_a_usage_error(loaded: Home, call: Call, words: list[str]) -> None:
    assert call("replay", *words, home=loaded).code == 2


def test_a_broken_warehouse_is_replaced_without_a_comparison(loaded: Home, settings: Settings, tables: Tables) -> None:
    wanted = tables(loaded)
    loaded.warehouse_file.write_bytes(b"no database" * 4096)
    assert replaying.replay(loaded, settings, compares=True).failed == 0
    assert tables(loaded) == wanted
