"""Loading what is broken: one clear line each, the contract's exit code, the rest loaded, and a row that says why."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import synthetic_news as made
from processes import NOW, WITHOUT_RIGHTS, Done, child_environment, command

from flows import path
from tasks.core.records import Declined, Received
from tasks.home import Home, open_home
from tasks.inputs import InputFile, inputs_in
from tasks.settings import Settings

Rows = Callable[..., list[tuple[Any, ...]]]
Tables = Callable[[Home], dict[str, str]]
Run = Callable[..., Done]

GOOD = made.warc_record("resource", url="https://good.example/1", payload=made.text(1).encode(), media="text/plain", number=1)
LAST = made.warc_record("resource", url="https://good.example/2", payload=made.text(2).encode(), media="text/plain", number=2)
PAYLOAD = made.text(3).encode()
HEADERS = {
    "WARC-Type": "resource", "WARC-Target-URI": "https://odd.example/1", "WARC-Date": "2026-03-01T08:00:00Z",
    "WARC-Record-ID": "<urn:uuid:00000000-0000-4000-8000-000000000003>", "Content-Type": "text/plain", "Content-Length": str(len(PAYLOAD)),
}  # fmt: skip


def record(*, block: bytes = PAYLOAD, version: str = "WARC/1.0", **changed: str | None) -> bytes:
    """Return a record with some headers changed (underscores for dashes) or, where None, left out."""
    headers = HEADERS | {name.replace("_", "-"): value for name, value in changed.items()}
    return made.bare_record(*((name, value) for name, value in headers.items() if value is not None), block=block, version=version)


FILES: dict[str, tuple[bytes, str]] = {  # name: (content, reason)
    "empty.txt": (b"", "empty"),
    "blank.txt": (b" \n\t\r\n", "empty"),
    "binary.txt": (b"Text\0with zeros" * 50, "binary"),
    "empty.html": (b"", "empty"),
    "empty.jsonl": (b"", "empty"),
    "blank.jsonl": (b"\n \n\n", "empty"),
    "empty.jsonl.gz": (gzip.compress(b""), "empty"),
    "empty.warc": (b"", "empty"),
    "only_info.warc": (made.bare_record(("WARC-Type", "warcinfo"), ("Content-Length", "2"), block=b"a\n"), "empty"),
    "picture.warc": (bytes(range(256)) * 20, "not_warc"),
    "page.warc.gz": (gzip.compress(made.page(made.text(4), title="No archive").encode()), "not_warc"),
    "version.warc": (record(version="WARC/9.9"), "not_warc"),
    "garbage.warc": (GOOD + b"garbage between records\r\n\r\n" + LAST, "not_warc"),
    "cut.warc": (GOOD + record()[:600], "truncated"),
    "cut.warc.gz": (made.members([GOOD, record()])[:-40], "truncated"),
    "cut.jsonl.gz": (gzip.compress(b"".join(json.dumps(made.row(seed, id=f"before the cut {seed}")).encode() + b"\n" for seed in range(5, 45)))[:-400], "truncated"),
    "undated.warc": (record(WARC_Date=None, WARC_Target_URI="https://undated.example/1"), "bad_record"),
}  # fmt: skip
LINES: dict[str, tuple[bytes | str | dict[str, Any], str]] = {  # name: (line, reason)
    "broken": ('{"text": "half a li', "bad_json"),
    "no object": ('["text"]', "bad_json"),
    "no number": ('{"text": "a", "n": NaN}', "bad_json"),
    "endless number": ('{"text": "a", "n": 1e999}', "bad_json"),
    "deep": ('{"text": "a", "n": ' + "[" * 600 + "]" * 600 + "}", "bad_json"),
    "deeper": ('{"text": "a", "n": ' + "[" * 100_000 + "]" * 100_000 + "}", "bad_json"),
    "latin": ('{"text": "Bürgermeister"}'.encode("cp1252"), "bad_encoding"),
    "no body": ({"title": "A title"}, "no_body"),
    "two bodies": ({"text": "a", "html": "<p>a</p>"}, "two_bodies"),
    "text is a number": ({"text": 5}, "bad_field"),
    "no base64": ({"html_base64": "***"}, "bad_field"),
    "title is a list": ({"text": "a", "title": ["a"]}, "bad_field"),
    "authors hold a number": ({"text": "a", "authors": ["Ada", 5]}, "bad_field"),
    "no web address": ({"text": "a", "url": "file:///etc/passwd"}, "bad_field"),
    "half an address": ({"text": "a", "url": "http://[::1"}, "bad_field"),
    "address with a line break": ({"text": "a", "url": "https://a.example/\r\nWARC-Type: response"}, "bad_field"),
    "no time": ({"text": "a", "captured": "yesterday"}, "bad_field"),
    "no such day": ({"text": "a", "captured": "2026-02-30"}, "bad_field"),
    "time is a number": ({"text": "a", "captured": 1_772_000_000}, "bad_field"),
}  # fmt: skip
BROKEN_SIDECARS = {"side.txt": '{"url": ', "wrong.html": '{"url": "ftp://a.example/"}'}


def fill(folder: Path) -> None:
    for name, (content, _) in FILES.items():
        (folder / name).write_bytes(content)
    lines = [made.row(50, id="first"), *(line for line, _ in LINES.values()), made.row(51, id="last")]
    made.write_rows(folder / "lines.jsonl", lines)
    for name, sidecar in BROKEN_SIDECARS.items():
        (folder / name).write_text(made.page(made.text(60), title="Beside a broken sidecar"), "utf-8")
        (folder / name).with_suffix(".json").write_text(sidecar, "utf-8")
    (folder / "fine é.txt").write_text(made.text(61), "utf-8")


def reasons() -> dict[str, str]:
    """Return the reason by source id of everything in the folder that cannot be read."""
    lines = {f"lines.jsonl#{number}": reason for number, (_, reason) in enumerate(LINES.values(), 2)}
    files = {name: reason for name, (_, reason) in FILES.items() if reason != "bad_record"}
    undated = {"undated.warc#" + HEADERS["WARC-Record-ID"].strip("<>"): "bad_record"}
    return files | lines | undated | {"side.txt": "bad_sidecar", "wrong.html": "bad_field"}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, run: Run) -> SimpleNamespace:
    """A folder of broken files and some whole ones, loaded by the command; and a path that is not there."""
    folder = tmp_path_factory.mktemp("bad in put é")
    fill(folder)
    home = open_home(tmp_path_factory.mktemp("home"), wait_s=5)
    arguments = ("load", folder, folder / "missing.txt", "--json")
    return SimpleNamespace(folder=folder, home=home, arguments=arguments, done=run(*arguments, home=home))


def test_what_is_broken_makes_exit_code_3_and_no_traceback(loaded: SimpleNamespace) -> None:
    assert loaded.done.code == 3
    assert "Traceback" not in loaded.done.err
    assert json.loads(loaded.done.out)["articles_new"] > 0


def test_each_broken_input_is_named_on_one_line_that_says_why(loaded: SimpleNamespace) -> None:
    wanted = reasons() | {"missing.txt": "missing"}
    assert len(loaded.done.errors) == len(wanted), loaded.done.err
    for name, reason in wanted.items():
        assert [line for line in loaded.done.errors if line.startswith(f"copydesk: {name}: {reason}: ")], f"{name}: {reason}"


def test_each_line_says_what_to_do(loaded: SimpleNamespace) -> None:
    assert [line for line in loaded.done.errors if "; " not in line] == []


@pytest.mark.parametrize(("source_id", "reason"), [*reasons().items(), ("missing.txt", "missing")], ids=str)
def test_a_broken_input_lies_in_rejects_and_ledger_with_its_reason(
    loaded: SimpleNamespace, rows: Rows, source_id: str, reason: str
) -> None:
    rejects = rows(loaded.home, "select capture_id, stage, reason from rejects where source_id = ?", source_id)
    assert rejects == [(None, "load", reason)]
    assert rows(loaded.home, "select state, reason, article_id from ledger where source_id = ?", source_id) == [("rejected", reason, None)]


def test_the_json_object_lists_what_failed(loaded: SimpleNamespace) -> None:
    failed = json.loads(loaded.done.out)["failed"]
    assert {entry["path"]: entry["reason"] for entry in failed} == reasons() | {"missing.txt": "missing"}
    assert all(set(entry) == {"path", "reason", "detail"} for entry in failed)


def test_what_is_whole_beside_it_is_loaded(loaded: SimpleNamespace, rows: Rows) -> None:
    named = {name for (name,) in rows(loaded.home, "select source_id from articles")}
    assert {"first", "last", "fine é.txt", "before the cut 5", "before the cut 20"} <= named
    assert rows(loaded.home, "select count(*) from articles where url = 'https://good.example/1'") == [(1,)]


def test_nothing_in_rejects_varies_by_run(loaded: SimpleNamespace, rows: Rows) -> None:
    told = "\n".join(map(repr, rows(loaded.home, "select * from rejects")))
    for varying in (str(loaded.home.root), str(loaded.folder), str(Path.home()), " ms", "seconds"):
        assert varying not in told


def test_the_ledger_counts_every_input_once(loaded: SimpleNamespace, rows: Rows) -> None:
    found = rows(loaded.home, "select (select count(*) from ledger), (select sum(entry_count) from ledger_summary)")[0]
    captured = rows(loaded.home, "select count(distinct coalesce(url, source_id)) from captures")[0][0]
    assert found[0] == found[1] == captured + len(reasons()) + 1


def test_a_second_load_says_the_same_and_changes_no_row(loaded: SimpleNamespace, call: Run, tables: Tables) -> None:
    before, raw = tables(loaded.home), sorted(loaded.home.raw.rglob("*.warc.gz"))
    again = call(*loaded.arguments, home=loaded.home, COPYDESK_NOW=NOW.isoformat(), COPYDESK_WORKERS="1")
    assert (again.code, again.err) == (loaded.done.code, loaded.done.err)
    assert json.loads(again.out)["captures_new"] == 0
    assert tables(loaded.home) == before
    assert sorted(loaded.home.raw.rglob("*.warc.gz")) == raw


def test_where_nothing_can_be_read_the_exit_code_is_1(call: Run, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    (tmp_path / "a\x1b[31m\nb.txt").write_bytes(b"")
    named = {
        "nowhere.txt": "missing",
        "bare": "empty_folder",
        "*.html": "no_match",
        "a.pdf": "unknown_kind",
        "a\x1b[31m\nb.txt": "empty",
        "x" * 300: "unreadable",
    }
    done = call("--quiet", "load", *(str(tmp_path / name) for name in named), home=tmp_path / "home")
    assert done.code == 1
    assert [line.split(": ")[2] for line in done.errors] == list(named.values()), "one line each, quiet or not"
    assert "\x1b" not in done.err


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv to be bound by permissions")
def test_what_may_not_be_read_is_named_and_the_rest_is_loaded(run: Run, tmp_path: Path, home: Home, rows: Rows) -> None:
    folder = tmp_path / "in"
    for name in ("open.txt", "closed.txt", "closed/in.txt", "sub/open.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if not (folder / name).exists():
            (folder / name).write_text(made.text(len(name)), "utf-8")
    for name in ("closed.txt", "closed"):
        (folder / name).chmod(0)
    done = run("load", folder, folder / "closed" / "in.txt", home=home, before=WITHOUT_RIGHTS)
    (folder / "closed").chmod(0o755)
    assert done.code == 3
    assert sorted(line.split(": ")[1:3] for line in done.errors) == [
        ["closed", "no_permission"],
        ["closed.txt", "no_permission"],
        ["in.txt", "no_permission"],
    ]
    assert sorted(rows(home, "select source_id from articles")) == [("open.txt",), ("sub/open.txt",)]


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root and setpriv to be bound by permissions")
def test_a_home_that_may_not_be_written_fails_with_a_cure(run: Run, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o555)
    (tmp_path / "a.txt").write_text(made.text(1), "utf-8")
    done = run("load", tmp_path / "a.txt", home=closed, before=WITHOUT_RIGHTS)
    assert (done.code, done.out) == (1, "")
    assert len(done.errors) == 1
    assert "--home" in done.err


def test_a_name_that_is_no_utf_8_is_loaded_and_declined_like_any_other(home: Home, settings: Settings, tmp_path: Path, rows: Rows) -> None:
    for name in (b"caf\xe9.txt", b"caf\xea.txt"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_text(made.text(1) if name.endswith(b"\xe9.txt") else "", "utf-8")
    done = path.load(home, settings, [str(tmp_path)])
    assert (done.articles_new, [failure.path for failure in done.failed]) == (1, ["caf\ufffd.txt"])
    assert rows(home, "select source_id from captures") == [("caf\ufffd.txt",)]


def read(file: Path, content: bytes) -> tuple[list[str | None], list[str]]:
    """Return the URLs that a file holds and the reasons of what was declined."""
    file.write_bytes(content)
    items = list(inputs_in(InputFile(path=file, name=file.name), outlet=None))
    return [item.url for item in items if isinstance(item, Received)], [item.reject.reason for item in items if isinstance(item, Declined)]


RECORDS = [
    made.warc_record("resource", url=f"https://cut.example/{number}", payload=made.text(number, paragraphs=size).encode(), media="text/plain", number=number)
    for number, size in enumerate([4, 4, 40, 4, 4])
]  # fmt: skip
WHOLE = made.members(RECORDS)
ENDS = [len(made.members(RECORDS[: count + 1])) for count in range(len(RECORDS))]


@pytest.mark.parametrize("step", [97], ids=["every 97 bytes"])
def test_a_gzipped_warc_that_was_cut_is_declined_as_truncated(tmp_path: Path, step: int) -> None:
    for cut in range(20, len(WHOLE), step):
        urls, declined = read(tmp_path / "cut.warc.gz", WHOLE[:cut])
        assert declined == ([] if cut in ENDS else ["truncated"]), cut
        assert urls == [f"https://cut.example/{number}" for number in range(len(urls))], cut


def test_what_came_before_the_cut_is_loaded(tmp_path: Path) -> None:
    for end in ENDS[:-1]:
        urls, _ = read(tmp_path / "cut.warc.gz", WHOLE[: end + 30])
        assert urls == [f"https://cut.example/{number}" for number in range(ENDS.index(end) + 1)]


def test_a_plain_warc_that_was_cut_inside_a_block_is_declined_as_truncated(tmp_path: Path) -> None:
    urls, declined = read(tmp_path / "cut.warc", GOOD + LAST[:-100])
    assert (urls, declined) == (["https://good.example/1"], ["truncated"])


@pytest.mark.parametrize(
    "kept", [b"WARC-Target-URI: https://go", b"WARC-Date: 20", b"Content-Ty"], ids=["inside the address", "inside the date", "behind both"]
)
def test_a_plain_warc_that_was_cut_inside_headers_is_declined_as_truncated(tmp_path: Path, kept: bytes) -> None:
    headers = record(WARC_Target_URI="https://goods.example/1")
    urls, declined = read(tmp_path / "cut.warc", GOOD + headers[: headers.index(kept[:12]) + len(kept)])
    assert (urls, declined) == (["https://good.example/1"], ["truncated"])


@pytest.mark.parametrize(
    "broken",
    [record(Content_Length="many"), record(Content_Length="10"), record(Content_Length="-5"), record(Content_Length="9" * 30)],
    ids=["no number", "too short", "negative", "beyond the file"],
)
def test_a_record_with_a_wrong_length_declines_its_file_and_keeps_what_came_before(
    tmp_path: Path, broken: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    urls, declined = read(tmp_path / "odd.warc", GOOD + broken + LAST)
    assert urls[:1] == ["https://good.example/1"]
    assert len(declined) == 1


def test_a_record_with_a_wrong_length_prints_nothing_by_itself(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    read(tmp_path / "odd.warc", GOOD + record(Content_Length="10") + LAST)
    assert capfd.readouterr().err == ""


GIVEN, DECLINED = "application/vnd.copydesk.given+json", "application/vnd.copydesk.declined+json"
FORGED = {
    "given: a list": (GIVEN, b"[1]"), "given: authors a number": (GIVEN, b'{"authors": 5}'), "given: extra a string": (GIVEN, b'{"extra": "x"}'),
    "given: url a number": (GIVEN, b'{"url": 5}'), "declined: a list": (DECLINED, b"[1]"), "declined: nothing": (DECLINED, b"{}"),
    "declined: numbers": (DECLINED, b'{"url": 1, "source_id": 2, "reason": 3, "detail": 4, "line": 5}'),
    "declined: nulls": (DECLINED, b'{"url": null, "source_id": null, "reason": null, "detail": null, "line": null}'),
    "given: outlet an object": (GIVEN, b'{"outlet": {"a": 1}}'), "given: a lone surrogate": (GIVEN, b'{"outlet": "\\ud800"}'),
    "given: url no web address": (GIVEN, b'{"url": "file:///etc/passwd"}'),
}  # fmt: skip


def forged(name: str) -> bytes:
    media, fields = FORGED[name]
    return GOOD + record(WARC_Type="metadata", Content_Type=media, Content_Length=str(len(fields)), block=fields) + record()


def test_forged_records_of_ours_in_foreign_warcs_stop_nothing(home: Home, settings: Settings, tmp_path: Path, rows: Rows) -> None:
    for place, name in enumerate(FORGED):
        whole = made.warc_record(
            "resource", url=f"https://whole.example/{place}", payload=made.text(300 + place).encode(), media="text/plain", number=place
        )
        (tmp_path / f"{place}.warc").write_bytes(whole + forged(name))
    path.load(home, settings, [str(tmp_path / f"{place}.warc") for place in range(0, len(FORGED), 2)], in_place=True)
    path.load(home, settings, [str(tmp_path / f"{place}.warc") for place in range(1, len(FORGED), 2)])
    assert rows(home, "select count(*) from articles where starts_with(url, 'https://whole.example/')") == [(len(FORGED),)]


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_record_of_ours_in_a_foreign_warc_ends_at_most_its_own_file(tmp_path: Path, name: str) -> None:
    urls, _ = read(tmp_path / "forged.warc", forged(name))
    assert urls[0] == "https://good.example/1"


def test_a_forged_url_in_a_foreign_warc_is_not_believed(tmp_path: Path) -> None:
    urls, _ = read(tmp_path / "forged.warc", forged("given: url no web address"))
    assert "file:///etc/passwd" not in urls


ODD_PORTS = ["https://port.example:²/x", "https://port.example:" + "9" * 5000 + "/x"]
FAR_TIMES = [{"published": "0001-01-05"}, {"published": "9999-12-31T23:00:00Z"}, {"captured": "0001-01-05"}, {"captured": "9999-12-31"}]


def test_an_address_with_an_odd_port_stops_nothing(home: Home, settings: Settings, tmp_path: Path, rows: Rows) -> None:
    canonical = f'<link rel="canonical" href="{ODD_PORTS[0]}">'
    page = {"html": made.page(made.text(5), title="Odd", head=canonical), "url": "https://port.example/page"}
    odd = [*(made.row(place, url=url) for place, url in enumerate(ODD_PORTS)), page]
    made.write_rows(tmp_path / "a.jsonl", [made.row(10, id="before"), *odd, made.row(11, id="after")])
    path.load(home, settings, [str(tmp_path / "a.jsonl")])
    assert rows(home, "select count(*) from articles where source_id in ('before', 'after')") == [(2,)]


def test_a_time_at_the_end_of_the_calendar_stops_nothing(home: Home, settings: Settings, tmp_path: Path, rows: Rows) -> None:
    odd = [made.row(place, id=f"odd {place}", **fields) for place, fields in enumerate(FAR_TIMES)]
    made.write_rows(tmp_path / "a.jsonl", [made.row(10, id="before"), *odd, made.row(11, id="after")])
    assert path.load(home, settings, [str(tmp_path / "a.jsonl")]).batches_failed == 0
    assert rows(home, "select count(*) from articles where source_id in ('before', 'after')") == [(2,)]


def test_a_warc_in_place_below_a_folder_that_is_no_utf_8_stops_nothing(home: Home, settings: Settings, tmp_path: Path, rows: Rows) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    (folder / "a.warc").write_bytes(GOOD)
    path.load(home, settings, [str(folder / "a.warc")], in_place=True)
    assert rows(home, "select count(*) from articles") == [(1,)]


STATUSES = {"no digit": ("² OK", None), "endless": ("99999999999 OK", None), "missing": ("", None), "redirect": ("301 Moved", 301)}


@pytest.mark.parametrize("name", STATUSES)
def test_an_odd_status_line_is_unknown_and_stops_nothing(tmp_path: Path, name: str) -> None:
    status, number = STATUSES[name]
    block = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\n\r\n".encode("latin-1") + PAYLOAD
    odd = record(WARC_Type="response", Content_Type="application/http; msgtype=response", Content_Length=str(len(block)), block=block)
    file = tmp_path / "odd.warc"
    file.write_bytes(odd)
    from tasks.warc import read_warc

    assert [item.capture.http_status for item in read_warc(file) if not isinstance(item, Declined)] == [number]


def test_a_bad_record_is_named_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "undated.warc"
    file.write_bytes(record(WARC_Date=None))
    (item,) = inputs_in(InputFile(path=file, name=file.name), outlet=None)
    assert isinstance(item, Declined)
    assert (item.reject.source_id or "").startswith("undated.warc#")


def test_a_home_without_space_fails_with_one_line(tmp_path: Path, home: Home) -> None:
    """A limit on the size of files stands for a disk that is full."""
    (tmp_path / "a.txt").write_text(made.text(1), "utf-8")
    limited = ["sh", "-c", 'ulimit -f 50; trap "" XFSZ; exec "$@"', "sh", *command("load", tmp_path / "a.txt", home=home)]
    done = subprocess.run(limited, env=child_environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
