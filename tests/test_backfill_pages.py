"""Backfills of pages by their addresses: lists and sitemaps, asked politely, once each, and gone on with where they stopped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import synthetic_news as made
from polling_rig import HOST, Says, Site, own_site
from processes import Done

from tasks.home import Home

Rows = Callable[..., list[tuple[Any, ...]]]
Call = Callable[..., Done]
Backfill = Callable[..., Done]

LEDGER = "select kind, state, inputs, captures_new, captures_known, failures from partitions order by place"


@pytest.fixture
def site() -> Iterator[Site]:
    """A site of six pages; the first is not to be asked for."""
    with own_site() as one:
        one.answers["/robots.txt"] = Says(b"User-agent: *\nDisallow: /0\n", headers=(("Content-Type", "text/plain"),))
        for number in range(6):
            page = made.page(made.text(number), title=f"Report {number}").encode()
            one.answers[f"/{number}"] = Says(page, headers=(("Content-Type", "text/html"),))
        yield one


@pytest.fixture
def backfill(call: Call, home: Home) -> Backfill:
    """The command, to a server of our own: backfill(*words, **variables)."""

    def done(*words: str, **variables: str) -> Done:
        kind = {"COPYDESK_ALLOW_HOSTS": HOST, "COPYDESK_HOST_GAP_S": "0", "COPYDESK_WORKERS": "1", "COPYDESK_CONTACT": "desk@paper.example"}
        return call("backfill", *words, home=home, **{**kind, **variables})

    return done


def listed(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines) + "\n")
    return f"urls:{path}"


def sitemap(site: Site, *pages: tuple[str, str | None], index: bool = False) -> Says:
    inner, outer = ("sitemap", "sitemapindex") if index else ("url", "urlset")
    entries = "".join(f"<{inner}><loc>{site.url(path)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</{inner}>" for path, day in pages)
    body = f'<?xml version="1.0"?><{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</{outer}>'
    return Says(body.encode(), headers=(("Content-Type", "application/xml"),))


def test_a_list_is_asked_once_and_a_page_that_robots_close_is_a_result(
    backfill: Backfill, site: Site, tmp_path: Path, home: Home, rows: Rows
) -> None:
    spec = listed(tmp_path / "list.txt", "# a list", site.url("/0"), site.url("/1"), "", site.url("/2"), site.url("/1"))
    done = backfill("--json", spec)
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["articles_new"] == 2
    assert rows(home, LEDGER) == [("urls", "done", 3, 2, 1, 0)]
    assert [one.path for one in site.asked] == ["/robots.txt", "/1", "/2"]
    again = json.loads(backfill("--json", spec).out)
    assert (again["partitions_done"], again["partitions_skipped"], len(site.asked)) == (0, 1, 3)
    longer = listed(tmp_path / "list.txt", *(site.url(f"/{number}") for number in range(4)))
    assert backfill(longer).code == 0
    assert [one.path for one in site.asked][3:] == ["/3"], "what is there is not asked for again"


def test_a_line_that_is_no_address_is_named_and_the_rest_asked(
    backfill: Backfill, site: Site, tmp_path: Path, home: Home, rows: Rows
) -> None:
    done = backfill(listed(tmp_path / "list.txt", site.url("/1"), "ftp://paper.example/2"))
    assert done.code == 3
    assert "list.txt#2: bad_field: " in done.err
    assert rows(home, LEDGER) == [("urls", "done", 2, 1, 0, 1)]


def test_a_list_of_no_address_ends_as_failed(backfill: Backfill, tmp_path: Path, home: Home, rows: Rows) -> None:
    assert backfill(listed(tmp_path / "list.txt", "no address")).code == 1
    assert rows(home, LEDGER) == [("urls", "failed", 1, 0, 0, 1)]


def test_what_failed_for_a_time_leaves_its_partition_to_the_next_start(
    backfill: Backfill, site: Site, tmp_path: Path, home: Home, rows: Rows
) -> None:
    good, site.answers["/2"] = site.answers["/2"], Says(status=500)
    spec = listed(tmp_path / "list.txt", site.url("/1"), site.url("/2"))
    done = backfill(spec, COPYDESK_NOW="2026-03-18T09:00:00Z")
    assert done.code == 3
    assert f"{site.url('/2')}: later: http_error: HTTP 500" in done.err
    assert rows(home, LEDGER) == [("urls", "failed", 2, 1, 0, 1)]
    site.answers["/2"] = good
    assert backfill(spec, COPYDESK_NOW="2026-03-18T09:05:00Z").code == 3
    assert site.count("/2") == 1, "not before ten minutes have passed"
    assert backfill(spec, COPYDESK_NOW="2026-03-18T11:00:00Z").code == 0
    assert (site.count("/1"), site.count("/2")) == (1, 2)
    assert rows(home, LEDGER) == [("urls", "done", 2, 2, 0, 0)]


def test_an_address_that_is_private_is_never_asked(backfill: Backfill, site: Site, tmp_path: Path, home: Home, rows: Rows) -> None:
    done = backfill(listed(tmp_path / "list.txt", site.url("/1")), COPYDESK_ALLOW_HOSTS="")
    assert done.code == 1
    assert ": address: " in done.err
    assert site.asked == []
    assert rows(home, LEDGER) == [("urls", "failed", 1, 0, 0, 1)]


def test_a_sitemap_gives_the_pages_of_a_range(backfill: Backfill, site: Site, home: Home, rows: Rows) -> None:
    site.answers["/index.xml"] = sitemap(site, ("/old.xml", "2026-02-01"), ("/new.xml", "2026-03-20"), ("/any.xml", None), index=True)
    site.answers["/old.xml"] = sitemap(site, ("/1", "2026-01-05"))
    site.answers["/new.xml"] = sitemap(site, ("/2", "2026-03-05"), ("/3", "2026-03-20T10:00:00Z"), ("/4", None))
    site.answers["/any.xml"] = sitemap(site, ("/5", "2026-03-09T10:00:00Z"))
    spec = f"sitemap:{site.url('/index.xml')}"
    dry = json.loads(backfill("--json", "--dry-run", spec).out)
    assert ([kind["kind"] for kind in dry["kinds"]], site.asked) == (["sitemap"], [])
    done = backfill("--json", "--since", "2026-03-01", "--until", "2026-03-10", spec)
    assert (done.code, done.err) == (0, "")
    assert [one.path for one in site.asked if one.path != "/robots.txt"] == ["/index.xml", "/new.xml", "/any.xml", "/2", "/5"]
    assert rows(home, LEDGER) == [("sitemap", "done", 1, 1, 0, 0), ("sitemap", "done", 1, 1, 0, 0)]
    assert rows(home, "select kind, count(*) from captures group by kind order by kind") == [("page", 2), ("robots", 1), ("sitemap", 3)]
    assert rows(home, "select count(*) from entries") == [(0,)], "no feed is made of it"


def test_a_sitemap_that_is_none_is_named(backfill: Backfill, site: Site) -> None:
    done = backfill(f"sitemap:{site.url('/1')}", f"sitemap:{site.url('/gone.xml')}")
    assert done.code == 1
    assert len(done.errors) == 2
    assert "/gone.xml: http_error: HTTP 404" in done.err


@pytest.mark.parametrize("spec", ["https://paper.example/sitemap.xml", "sitemap:paper.example"])
def test_an_address_that_does_not_say_what_it_is_is_a_usage_error(backfill: Backfill, spec: str) -> None:
    done = backfill(spec)
    assert done.code == 2
    assert "sitemap:https://" in done.err


def test_a_list_that_is_not_there_is_named(backfill: Backfill, tmp_path: Path) -> None:
    done = backfill(f"urls:{tmp_path / 'none.txt'}")
    assert done.code == 1
    assert "none.txt: missing: " in done.err
