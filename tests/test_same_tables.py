"""Same captures, same tables: loaded twice, in another order, by more workers, in other batches, killed, replayed, side by side."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import synthetic_news as made
from processes import TIMEOUT_S, Done, start_command

from flows import path, replaying
from tasks.core.errors import RawError, UsageError
from tasks.home import Home, open_home
from tasks.settings import Settings
from tasks.watch import Watch

Rows = Callable[..., list[tuple[Any, ...]]]
Tables = Callable[[Home], dict[str, str]]
Run = Callable[..., Done]

ARTICLES = 60


def wire_rows() -> list[dict[str, Any]]:
    """Return articles with copies, excerpts, versions, undated ones and an empty one among them, in the order of their times."""
    rows: list[dict[str, Any]] = []
    for seed in range(ARTICLES):
        hour = f"{seed // 3 % 24:02d}"
        day = f"2026-03-{1 + seed // 20:02d}"
        common = {"captured": f"{day}T{hour}:{seed % 60:02d}:30Z"}
        rows.append(
            made.row(
                seed, url=f"https://paper{seed % 7}.example/{seed}", title=f"Report {seed}", published=f"{day}T{hour}:00:00Z", **common
            )
        )
        body = made.text(seed)
        if seed % 5 == 0:
            rows.append({"text": body, "id": f"copy {seed}", "outlet": "Copy Cat", "published": f"{day}T{hour}:30:00Z", **common})
        if seed % 7 == 0:
            rows.append(
                {
                    "text": made.first_paragraphs(body, 2) + "\n\n" + made.text(1000 + seed),
                    "id": f"cut {seed}",
                    "outlet": "Undated",
                    **common,
                }
            )
        if seed % 11 == 0:
            rows.append(
                made.row(seed, url=f"https://paper{seed % 7}.example/{seed}", captured=f"{day}T23:59:00Z")
                | {"text": body + "\n\n" + made.text(2000 + seed)}
            )
    return [*rows, {"text": "", "id": "nothing", "outlet": "Empty"}]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("in")
    rows = wire_rows()
    made.write_rows(place / "a.jsonl", rows[:50])
    made.write_rows(place / "b.jsonl.gz", [*rows[50:], '{"broken": '])
    (place / "c.html").write_text(made.page(made.text(900), title="A page"), "utf-8")
    return place


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory, settings: Settings, folder: Path) -> Home:
    """Loaded once, in one batch. Never changed by a test."""
    home = open_home(tmp_path_factory.mktemp("base"), wait_s=5)
    path.load(home, settings, [str(folder)])
    return home


def loaded_with(home: Home, folder: Path, settings: Settings, **changed: int) -> Home:
    values = {name: getattr(settings, name) for name in Settings.__dataclass_fields__}
    path.load(home, Settings(**(values | changed)), [str(folder)])
    return home


def test_the_base_holds_stories_copies_versions_and_rejects(base: Home, rows: Rows) -> None:
    counts = rows(
        base, "select (select count(*) from copies), (select count(*) from versions where version_no > 1), (select count(*) from rejects)"
    )[0]
    assert counts[0] >= 12
    assert counts[1] == 6
    assert counts[2] == 2


def test_in_batches_of_20_the_tables_are_those_of_one_batch(
    base: Home, home: Home, folder: Path, settings: Settings, tables: Tables
) -> None:
    assert tables(loaded_with(home, folder, settings, batch_size=20)) == tables(base)


def test_with_two_workers_the_tables_are_those_of_one(base: Home, home: Home, folder: Path, settings: Settings, tables: Tables) -> None:
    assert tables(loaded_with(home, folder, settings, workers=2)) == tables(base)


def test_in_another_order_articles_and_versions_are_the_same(
    base: Home, home: Home, tmp_path: Path, settings: Settings, rows: Rows
) -> None:
    shuffled = wire_rows()
    random.Random(5).shuffle(shuffled)
    (tmp_path / "z.html").write_text(made.page(made.text(900), title="A page"), "utf-8")
    made.write_rows(tmp_path / "y.jsonl", shuffled[40:])
    made.write_rows(tmp_path / "x.jsonl", shuffled[:40])
    path.load(home, settings, [str(tmp_path / name) for name in ("z.html", "y.jsonl", "x.jsonl")])
    for sql in (
        "select article_id, version_id, version_no, previous_version_id, is_latest, edit_class, words_added from versions order by version_id",
        "select version_id, capture_id from version_captures order by all",
        "select article_id, version_id, version_count, captured_at from articles order by article_id",
    ):
        assert rows(home, sql) == rows(base, sql)


def test_in_another_order_stories_hold_the_same_articles(base: Home, home: Home, tmp_path: Path, settings: Settings, rows: Rows) -> None:
    made.write_rows(tmp_path / "x.jsonl", reversed(wire_rows()))
    (tmp_path / "z.html").write_text(made.page(made.text(900), title="A page"), "utf-8")
    path.load(home, settings, [str(tmp_path / "x.jsonl"), str(tmp_path / "z.html")])
    together = "select list(article_id order by article_id) as articles from story_members group by story_id order by articles"
    assert rows(home, together) == rows(base, together)


def test_replayed_into_an_empty_folder_the_tables_are_the_same(base: Home, tmp_path: Path, settings: Settings, tables: Tables) -> None:
    assert replaying.replay(base, settings, into=tmp_path / "replayed").failed == 0
    assert tables(open_home(tmp_path / "replayed")) == tables(base)


def test_a_replay_into_a_folder_that_holds_something_else_is_refused(base: Home, tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "mine.txt").write_text("not yours", "utf-8")
    with pytest.raises(UsageError, match="is not empty"):
        replaying.replay(base, settings, into=tmp_path)
    assert (tmp_path / "mine.txt").read_text("utf-8") == "not yours"


def test_loads_in_steps_replay_in_place_to_the_same_tables(
    home: Home, settings: Settings, tmp_path: Path, tables: Tables, rows: Rows
) -> None:
    """A page without a time of its own that comes back as it was: clocks and what is known already decide on captures."""
    for step, seed in enumerate((1, 2, 2, 1)):
        later = Settings(workers=1, now=settings.clock().replace(day=18 + step))
        made.write_rows(
            tmp_path / "a.jsonl",
            [made.row(seed, url="https://paper.example/1"), made.row(10 + step, url=f"https://paper.example/{step}/x")],
        )
        path.load(home, later, [str(tmp_path / "a.jsonl")], ingests=step % 2 == 1)
    assert rows(home, "select count(*) from captures where url = 'https://paper.example/1'") == [(3,)]
    before = tables(home)
    assert replaying.replay(home, settings).failed == 0
    assert tables(home) == before
    assert not (home.root / ".replay").exists()


@pytest.mark.slow
def test_two_loads_at_once_leave_the_tables_of_one_after_the_other(
    base: Home, home: Home, folder: Path, tables: Tables, rows: Rows
) -> None:
    both = [start_command("--wait", "50", "load", folder, home=home) for _ in range(2)]
    ended = [(process.communicate(timeout=TIMEOUT_S), process.returncode) for process in both]
    assert {code for _, code in ended} <= {3, 4}, ended
    assert tables(home) == tables(base)


def test_a_line_that_stands_twice_makes_one_row_whatever_the_batches(
    home: Home, settings: Settings, tmp_path: Path, tables: Tables, rows: Rows
) -> None:
    twice = [made.row(1, id="a", captured="2026-03-01"), made.row(2, id="b")]
    made.write_rows(tmp_path / "a.jsonl", [*twice, *twice])
    path.load(home, settings, [str(tmp_path / "a.jsonl")])
    small = loaded_with(open_home(tmp_path / "small"), tmp_path / "a.jsonl", settings, batch_size=2)
    assert rows(small, "select count(*), count(distinct capture_id) from version_captures") == [(2, 2)]
    assert tables(home) == tables(small)


def test_a_missing_segment_neither_empties_the_tables_nor_stops_later_loads(
    home: Home, settings: Settings, tmp_path: Path, rows: Rows
) -> None:
    for seed in (1, 2):
        made.write_rows(tmp_path / f"{seed}.jsonl", [made.row(seed)])
        path.load(home, settings, [str(tmp_path / f"{seed}.jsonl")])
    min(home.raw.rglob("*.warc.gz")).unlink()
    with pytest.raises(RawError, match="segments \\[1\\] are gone"):
        replaying.replay(home, settings)
    assert rows(home, "select count(*) from articles")[0][0] >= 1


def test_a_folder_that_holds_the_home_loads_none_of_its_files(home: Home, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(made.text(1), "utf-8")
    foreign: list[str] = []
    done = [path.load(home, settings, [str(tmp_path)], watch=Watch(foreign=foreign.append)) for _ in range(2)]
    assert [load.inputs for load in done] == [1, 1]
    assert foreign == []
