"""The command as users and programs meet it: options, results, formats, exit codes, locks, interruptions, hostile titles."""

from __future__ import annotations

import csv
import fcntl
import io
import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import synthetic_news as made
from processes import COMMAND, TIMEOUT_S, Done, child_environment, command, shown_on_terminal, start_command

from flows import path
from tasks.core import ids
from tasks.home import Home, open_home
from tasks.settings import Settings

Rows = Callable[..., list[tuple[Any, ...]]]
Run = Callable[..., Done]

HELP_CPU_S = 0.5  # seconds: issue, "The project"
EVIL = "\x1b[31mRed\x1b]0;owned\x07 \x9b2J \u202eleft\u2066 \x08\x7f end"
OBEYED = "\x1b\x07\x08\x7f\x9b\u202e\u2066"  # what of it a terminal would obey
WIRE = made.text(1, paragraphs=5) + f"\n\nThe printer said {EVIL} twice to the assembled weavers of Larkstone and went home."
LOAD_KEYS = {
    "inputs", "captures_new", "captures_known", "articles_new", "versions_new", "stories_new", "copies_new", "rejected", "failed", "entries_new",
}  # fmt: skip
LINES: list[dict[str, Any]] = [
    {"id": f"wire{EVIL}", "url": "https://wire.example/1", "outlet": f"Wire{EVIL}", "title": f"{EVIL} harbour", "text": WIRE, "published": "2026-03-01T08:00:00Z"},
    {"url": "https://echo.example/1", "outlet": "Echo", "title": f"{EVIL} harbour", "text": WIRE, "published": "2026-03-01T10:00:00Z", "authors": ["Ada Marlow"]},
    {"url": "https://lone.example/1", "outlet": "Lone", "title": "=1+1", "text": made.text(2) + "\n\nA zeppelin landed.", "published": "2026-03-05T08:00:00Z"},
    {"url": "https://joins.example/1", "outlet": "Joins", "text": made.text(3), "published": "2026-03-01T09:00:00Z", "captured": "2026-03-01T09:00:00Z"},
    {"url": "https://joins.example/1", "outlet": "Joins", "text": WIRE + "\n\n" + made.text(4, paragraphs=1), "published": "2026-03-01T09:00:00Z", "captured": "2026-03-02T09:00:00Z"},
]  # fmt: skip


def article(url: str) -> str:
    return ids.article_id(url)


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Home:
    """Four articles in two stories, one with titles and names that would move a terminal. Never changed by a test."""
    home = open_home(tmp_path_factory.mktemp("home"), wait_s=5)
    path.load(home, settings, [str(made.write_rows(tmp_path_factory.mktemp("in") / "a.jsonl", LINES))])
    return home


def test_help_is_there_at_once_and_names_every_command(run: Run) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = run("--help")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.code == 0
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < HELP_CPU_S
    for name in (
        "load", "poll", "ingest", "refresh", "publish", "replay", "stories", "story", "explain", "query", "extract", "feeds", "doctor", "demo",
    ):  # fmt: skip
        assert f"\n  {name} " in done.out


def test_options_may_stand_anywhere(newsroom: Home, call: Run, run: Run) -> None:
    wanted = call("--json", "stories", home=newsroom)
    assert wanted.out.count("\n") == 2
    assert run("stories", f"--home={newsroom.root}", "--limit", "20", "--json").out == wanted.out
    assert run("stories", "--json", COPYDESK_HOME=str(newsroom.root)).out == wanted.out


def test_load_gives_one_json_object_with_the_contracts_keys(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(made.text(1), "utf-8")
    done = run("load", tmp_path / "a.txt", "--json", cwd=tmp_path)
    assert done.code == 0
    assert json.loads(done.out) == dict.fromkeys(LOAD_KEYS, 0) | {
        "inputs": 1,
        "captures_new": 1,
        "articles_new": 1,
        "versions_new": 1,
        "stories_new": 1,
        "failed": [],
    }
    assert "new home" in done.err, "a home that is made is said so"
    assert (tmp_path / "copydesk-data" / "copydesk.duckdb").exists(), "where nothing is said, in the working directory"


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (["nosuch"], {}, "nosuch"),
        ([], {}, "Missing command"),
        (["load"], {}, "paths"),
        (["stories", "--bogus"], {}, "--bogus"),
        (["stories", "--limit", "0"], {}, "--limit"),
        (["--quiet", "--verbose", "stories"], {}, "--quiet"),
        (["load", "a.txt", "--workers", "0"], {}, "--workers"),
        (["load", "a.txt"], {"COPYDESK_NOW": "yesterday"}, "yesterday"),
        (["load", "a.txt"], {"COPYDESK_BATCH_SIZE": "0"}, "COPYDESK_BATCH_SIZE: '0'"),
        (["load", "a.txt"], {"COPYDESK_WORKERS": "many"}, "COPYDESK_WORKERS: 'many': is no number"),
        (["stories", "--since", "last week"], {}, "--since"),
        (["stories", "--until", "2026-13-01"], {}, "--until"),
        (["story", "ffffffff"], {}, "ffffffff"),
        (["explain", "https://wire.example/1", "nothing"], {}, "nothing"),
        (["query", "selec 1"], {}, "selec"),
        (["query", ""], {}, "gives no rows"),
        (["query", "select 1; select 2"], {}, "2 statements"),
        (["load", "a.txt"], {"COPYDESK_BATCHSIZE": "3"}, "COPYDESK_BATCHSIZE is no setting"),
        (["query", "select 1", "--format", "xml"], {}, "xml"),
        (["query", "select 1", "--output", "/nowhere/a.csv"], {}, "/nowhere/a.csv"),
        (["poll", "paper.example/feed"], {}, "no such file"),
        (["poll", "ftp://paper.example/feed"], {}, "no http or https address"),
        (["feeds"], {}, "import  Put the feeds of an OPML list"),
        (["feeds", "nosuch"], {}, "nosuch"),
        (["feeds", "add"], {}, "URL"),
        (["feeds", "add", "paper.example"], {}, "no http or https address"),
        (["feeds", "remove", "https://paper.example/feed"], {}, "not on the list"),
        (["feeds", "import", "/nowhere/a.opml"], {}, "/nowhere/a.opml"),
        (["feeds", "import", "https://paper.example/a.opml"], {}, "an address, not a file"),
        (["feeds", "export", "/nowhere/a.opml"], {}, "/nowhere/a.opml"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, list) else "",
)  # fmt: skip
def test_a_wrong_call_says_what_is_wrong_and_ends_with_2(
    newsroom: Home, call: Run, arguments: list[str], variables: dict[str, str], said: str
) -> None:
    done = call(*arguments, home=newsroom, **variables)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_an_unknown_setting_is_named_with_the_known_ones(call: Run, home: Home, tmp_path: Path) -> None:
    (home.root / "copydesk.toml").write_text("batch_sise = 3\n", "utf-8")
    done = call("load", str(tmp_path), home=home)
    assert done.code == 2
    assert "batch_sise" in done.err
    assert "batch_size" in done.err


def test_a_home_without_tables_fails_with_a_cure(call: Run, home: Home) -> None:
    done = call("stories", home=home)
    assert (done.code, done.out, len(done.errors)) == (1, "", 1)
    assert "copydesk load" in done.err


STRANGE = (
    "select true as yes, false as no, null as nothing, '' as empty, 'é, \"q\"' as text, 1.5::decimal(4, 2) as price, [1, null] as list, "
    "{'at': timestamptz '2026-01-01 00:00:00+01'} as struct, timestamptz '2026-07-01 02:00:00+02' as at, timestamp '2026-01-02 03:04:05' as naive, "
    "date '2026-01-02' as day, time '10:00' as hour, interval 1 day as span, '\\x01\\xFF'::blob as bytes, 'nan'::double as nan, map {date '2026-01-01': 1} as map"
)
AS_TEXT = {
    "yes": "true", "no": "false", "nothing": "", "empty": "", "text": 'é, "q"', "price": "1.50", "list": "[1, null]", "struct": '{"at": "2025-12-31T23:00:00Z"}',
    "at": "2026-07-01T00:00:00Z", "naive": "2026-01-02T03:04:05", "day": "2026-01-02", "hour": "10:00:00", "span": "1 day, 0:00:00", "bytes": "01ff", "nan": "nan",
    "map": '{"2026-01-01": 1}',
}  # fmt: skip


def test_csv_has_a_header_line_feeds_and_nothing_for_null(newsroom: Home, run: Run) -> None:
    done = run("query", STRANGE, "--format", "csv", home=newsroom)
    assert "\r" not in done.out
    assert list(csv.DictReader(io.StringIO(done.out))) == [AS_TEXT]
    assert run("query", "select 1 as a where false", "--format", "csv", home=newsroom).out == "a\n"


def test_json_lines_have_times_in_utc_and_lists_as_arrays(newsroom: Home, run: Run) -> None:
    done = run("query", STRANGE + " union all " + STRANGE, "--format", "jsonl", home=newsroom)
    one, other = (json.loads(line, parse_constant=pytest.fail) for line in done.out.splitlines())
    assert one == other == AS_TEXT | {
        "yes": True, "no": False, "nothing": None, "list": [1, None], "struct": {"at": "2025-12-31T23:00:00Z"}, "nan": None, "map": {"2026-01-01": 1},
    }  # fmt: skip
    assert json.loads(run("--json", "query", STRANGE, home=newsroom).out) == [one]


def test_a_table_shows_every_kind_of_value(newsroom: Home, run: Run) -> None:
    done = run("query", STRANGE, home=newsroom)
    assert done.code == 0
    for name in ("at", "naive", "list", "bytes", "map"):
        assert AS_TEXT[name] in done.out.splitlines()[2]


def test_parquet_is_readable_and_what_does_not_fit_is_said(newsroom: Home, run: Run, tmp_path: Path, rows: Rows) -> None:
    sql = "select article_id, authors, published_at, word_count from articles order by all"
    assert run("query", sql, "--format", "parquet", "--output", tmp_path / "a.parquet", home=newsroom).code == 0
    assert [tuple(row.values()) for row in pq.read_table(tmp_path / "a.parquet").to_pylist()] == rows(newsroom, sql)
    refused = run("query", "select interval 1 day as span", "--format", "parquet", "--output", tmp_path / "b.parquet", home=newsroom)
    assert (refused.code, "Traceback" in refused.err) == (2, False)


def test_a_safe_csv_holds_no_formula(newsroom: Home, run: Run, tmp_path: Path) -> None:
    sql = "select * from (values ('=1+1'), ('+1'), ('-1'), ('@a'), ('a=1')) order by all"
    written = tmp_path / "a.csv"
    assert run("query", sql, "--format", "csv", "--safe", "--output", written, home=newsroom).out == ""
    assert written.read_bytes() == b"col0\n'+1\n'-1\n'=1+1\n'@a\na=1\n"


def test_all_rows_come_and_a_reader_that_stops_early_is_no_failure(newsroom: Home, run: Run) -> None:
    many = run("query", "select range from range(12000)", "--format", "csv", home=newsroom)
    assert len(many.out.splitlines()) == 12_001
    piped = ["sh", "-c", '"$@" | head -n 2', "sh", *command("query", "select range from range(200000)", "--format", "csv", home=newsroom)]
    done = subprocess.run(piped, env=child_environment(), capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert (done.stdout, done.stderr) == ("range\n0\n", "")


@pytest.mark.parametrize(
    "sql",
    [
        "insert into store.members select * from store.members", "delete from store.versions", "create table mine (a integer)", "drop view stories",
        "copy (select 1) to '{file}'", "attach '{file}'", "export database '{file}'", "select * from read_text('{secret}')", "from read_csv('{secret}')",
        "from '{secret}'", "select * from glob('/*')", "set enable_external_access = true", "install httpfs", "load httpfs", "pragma enable_profiling",
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_query_reads_the_tables_and_nothing_else(newsroom: Home, call: Run, sql: str, kind: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\nhidden\n", "utf-8")
    done = call(
        "query", sql.format(file=tmp_path / "leak", secret=secret), "--format", kind, "--output", str(tmp_path / "out"), home=newsroom
    )
    assert (done.code, done.out, "hidden" in done.err) == (2, "", False)
    assert [entry.name for entry in tmp_path.iterdir()] == ["secret.csv"]


@pytest.mark.parametrize(
    ("options", "urls"),
    [
        ([], ["wire", "lone"]),
        (["--since", "2026-03-02"], ["lone"]),
        (["--until", "2026-03-01T08:00:01Z"], ["wire"]),
        (["--until", "2026-03-01T08:00:00Z"], []),
        (["--since", "2026-03-05T09:00:00+01:00"], ["lone"]),
        (["--topic", "ZEPPELIN"], ["lone"]),
        (["--topic", "100%_no"], []),
        (["--limit", "1"], ["wire"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_stories_are_filtered(newsroom: Home, call: Run, options: list[str], urls: list[str]) -> None:
    done = call("--json", "stories", *options, home=newsroom)
    assert [json.loads(line)["story_id"] for line in done.out.splitlines()] == [article(f"https://{name}.example/1") for name in urls]


@pytest.mark.parametrize("form", ["id", "beginning", "url", "another spelling of the url", "alias", "article"])
def test_a_story_is_found_by(newsroom: Home, call: Run, form: str) -> None:
    wire = article("https://wire.example/1")
    named = {
        "id": wire, "beginning": wire[:6], "url": "https://wire.example/1", "another spelling of the url": "http://www.WIRE.example/1/?utm_source=x#top",
        "alias": article("https://joins.example/1"), "article": article("https://echo.example/1"),
    }[form]  # fmt: skip
    done = call("--json", "story", named, home=newsroom)
    found = json.loads(done.out)
    assert found["story_id"] == wire
    assert {carrier["outlet"] for carrier in found["carriers"]} == {f"Wire{EVIL}", "Echo", "Joins"}


def test_a_lineage_shows_times_outlets_shares_and_what_versions_changed(newsroom: Home, call: Run) -> None:
    lines = call("story", "https://wire.example/1", home=newsroom).out.splitlines()
    assert any(line.startswith("Wire") and "2026-03-01 08:00 UTC" in line and "first report" in line for line in lines)
    assert any("Echo" in line and "─" in line for line in lines)
    assert any("keeps 100%" in line and "2 h later" in line for line in lines)
    assert any("version 2" in line and "words" in line for line in lines)


def test_explain_shows_the_passages_or_that_there_are_none(newsroom: Home, call: Run) -> None:
    told = call("explain", "https://wire.example/1", "https://echo.example/1", home=newsroom)
    assert ", held against " in told.out.splitlines()[0]
    assert "“" in told.out
    other = call("--json", "explain", "https://wire.example/1", "https://lone.example/1", home=newsroom)
    assert json.loads(other.out)["matches"] == []


def test_extract_shows_what_is_read_and_stores_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(made.page(made.text(1), title=EVIL + "A page"), "utf-8")
    done = run("--json", "extract", tmp_path / "a.html", "--url", "https://page.example/a", cwd=tmp_path)
    found = json.loads(done.out)
    assert (found["site"], found["text"].startswith("In ")) == ("page.example", True)
    shown = run("extract", tmp_path / "a.html", cwd=tmp_path)
    assert not set(OBEYED) & set(shown.out)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.html"]
    missing = run("extract", tmp_path / "b.html", cwd=tmp_path)
    assert (missing.code, len(missing.errors)) == (1, 1)


@pytest.mark.parametrize("file", ["a.pdf", "blank.jsonl", "empty.html"])
def test_extract_says_what_it_cannot_read(run: Run, tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_text("\n", "utf-8")
    done = run("extract", tmp_path / file)
    assert (done.code, done.out, len(done.errors)) == (1, "", 1)


def test_doctor_finds_a_whole_home_good_and_a_broken_one_bad(call: Run, home: Home, settings: Settings, tmp_path: Path) -> None:
    for seed in (1, 2):
        path.load(home, settings, [str(made.write_rows(tmp_path / f"{seed}.jsonl", [made.row(seed)]))], ingests=seed == 2)
    good = call("--json", "doctor", "--deep", home=home)
    assert (good.code, [entry for entry in json.loads(good.out)["findings"] if entry["state"] == "bad"]) == (0, [])
    segment = max(home.raw.rglob("*.warc.gz"))
    segment.write_bytes(segment.read_bytes()[:-30])
    min(home.raw.rglob("*.warc.gz")).unlink()
    broken = call("doctor", "--deep", home=home)
    assert broken.code == 1
    assert [line.split(": ")[0] for line in broken.out.splitlines() if line.startswith("bad")] == ["bad   raw", "bad   raw"]


@contextmanager
def held(lock: Path) -> Iterator[None]:
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("lock", "arguments"),
    [("home.lock", ["publish"]), ("ingest.lock", ["ingest"]), ("ingest.lock", ["replay"]), ("home.lock", ["refresh"])],
    ids=str,
)
def test_a_lock_held_elsewhere_ends_with_4_within_the_wait(call: Run, home: Home, lock: str, arguments: list[str]) -> None:
    with held(home.root / lock):
        started = time.monotonic()
        done = call("--wait", "0.3", *arguments, home=home)
    assert (done.code, done.out, len(done.errors)) == (4, "", 1)
    assert "--wait" in done.err
    assert time.monotonic() - started < 20


def test_what_is_published_can_be_read_while_the_locks_are_held(newsroom: Home, call: Run) -> None:
    with held(newsroom.root / "home.lock"), held(newsroom.root / "ingest.lock"):
        assert call("--wait", "0", "query", "select count(*) as n from articles", "--format", "csv", home=newsroom).out == "n\n4\n"


def test_interrupted_the_command_ends_with_130_and_the_next_one_goes_on(run: Run, home: Home, tmp_path: Path, rows: Rows) -> None:
    made.write_rows(tmp_path / "a.jsonl", [made.row(seed) for seed in range(60)])
    process = start_command("load", tmp_path / "a.jsonl", home=home, COPYDESK_BATCH_SIZE="5")
    while not list(home.raw.rglob("*.warc.gz")) and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert said.count("\n") == 1
    assert run("load", tmp_path / "a.jsonl", home=home).code == 0
    assert rows(home, "select count(*) from articles") == [(60,)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["stories"], ["story", "https://wire.example/1"], ["explain", "https://wire.example/1", "https://echo.example/1"],
        ["query", "select source_id, outlet, title, text from articles"], ["query", "select title, text from articles", "--format", "json"],
        ["query", "select title from articles", "--format", "jsonl"], ["--json", "story", "https://wire.example/1"], ["--json", "stories"],
        ["query", f"select '{EVIL}' from nowhere"], ["story", EVIL],
    ],
    ids=lambda value: " ".join(value)[:24].encode("ascii", "replace").decode(),
)  # fmt: skip
def test_titles_that_would_move_a_terminal_are_inert(newsroom: Home, call: Run, arguments: list[str]) -> None:
    done = call(*arguments, home=newsroom)
    assert not set(OBEYED) & set(done.out + done.err)
    assert done.out or done.code == 2


def test_on_a_terminal_csv_is_inert_too(newsroom: Home) -> None:
    asked = command("query", "select title from articles where title like '%harbour'", "--format", "csv", home=newsroom)
    code, shown = shown_on_terminal(asked)
    assert code == 0
    assert "harbour" in shown
    assert not set(OBEYED) & set(shown)


def test_the_command_is_installed_beside_the_interpreter() -> None:
    assert COMMAND.exists(), "install the project: pip install -e ."
