"""Bodies that kill their reader while a round is read: the other feeds of the batch are read, and the one that did it has its reason."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from polling_rig import Desk, Says, Site, desk_at, own_site, rss_of
from processes import Done

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PEERS = [f"/peer/{number}" for number in range(6)]
KILLERS = {"SIGSEGV": "/segfault", "SIGABRT": "/abort"}  # a fault in a C parser, and what its allocator does when it finds one
ONCE = "/once"  # which kills the first reader only, as memory that another process took does

# Read by every Python that starts with this folder on its path: the readers die where a faulty parser would.
FAULTY = """
import os, signal
from pathlib import Path

from tasks.core import reading

read_soundly, begun = reading.read_record, Path(__file__).with_name("begun")

def read_record(record, lists):
    with begun.open("a") as file:
        file.write(f"{record.capture.url}\\n")
    for name in ("SIGSEGV", "SIGABRT"):
        if name.encode() in record.block:
            os.kill(os.getpid(), signal.Signals[name])
    if b"ONCE" in record.block and begun.read_text().count(record.capture.url) == 1:
        os.kill(os.getpid(), signal.SIGSEGV)
    return read_soundly(record, lists)

reading.read_record = read_record
"""


@pytest.fixture
def site() -> Iterator[Site]:
    with own_site() as served:
        served.answers |= {route: Says(rss_of(*range(3)), headers=(("ETag", '"1"'),)) for route in PEERS}
        served.answers |= {route: Says(rss_of(name), headers=(("ETag", '"1"'),)) for name, route in KILLERS.items()}
        served.answers[ONCE] = Says(rss_of("ONCE"), headers=(("ETag", '"1"'),))
        yield served


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A folder from which Python takes a reader that some bodies kill; `begun` in it has a line for each body that was begun."""
    folder = tmp_path / "faulty"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(FAULTY, "utf-8")
    return folder


def poll(desk: Desk, *words: str, faulty: Path | None = None) -> Done:
    path = f"{faulty}:{ROOT}" if faulty else str(ROOT)
    return desk.command("poll", "--no-pages", *words, PYTHONPATH=path)


def test_fault_19_a_body_that_kills_its_reader_is_declined_alone_and_read_from_raw_once_that_is_mended(
    site: Site, faulty: Path, tmp_path: Path
) -> None:
    desk = desk_at(tmp_path)
    routes = [*PEERS[:3], *KILLERS.values(), ONCE, *PEERS[3:]]
    done = poll(desk, *map(site.url, routes), faulty=faulty)
    assert (done.code, "Traceback" in done.err) == (3, False), done.err
    for route in PEERS:
        assert desk.entry_titles(site.url(route)) == ["Story 0", "Story 1", "Story 2"]
    assert desk.entry_titles(site.url(ONCE)) == ["Story ONCE"], "a second try, alone"
    begun = (faulty / "begun").read_text().split()
    assert {route: begun.count(site.url(route)) for route in KILLERS.values()} == dict.fromkeys(KILLERS.values(), 2)
    killed = {site.url(route) for route in KILLERS.values()}
    assert set(desk.rows("select url, reason, detail from rejects")) == {(url, "crashed", "its reader was killed") for url in killed}
    assert set(desk.rows("select url, failures, etag from feeds where reason = 'crashed'")) == {(url, 1, None) for url in killed}
    assert desk.rows("select count(*) from feeds where reason is null and etag is not null") == [(len(PEERS) + 1,)]
    assert set(desk.rows("select url from captures where kind = 'feed'")) == {(site.url(route),) for route in routes}

    desk.advance(days=2)
    assert poll(desk, faulty=faulty).code == 3
    assert [site.count(route) for route in KILLERS.values()] == [2, 2]
    assert (faulty / "begun").read_text().split() == begun, "the same bodies are known, and not read again in vain"
    assert set(desk.rows("select url, failures from feeds where reason = 'crashed'")) == {(url, 2) for url in killed}
    assert desk.command("replay", PYTHONPATH=str(ROOT)).code == 0
    for name, route in KILLERS.items():
        assert desk.entry_titles(site.url(route)) == [f"Story {name}"], "a reader without the fault reads it from raw"
    assert desk.rows("select count(*) from rejects") == [(0,)]
