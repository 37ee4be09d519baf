"""The demo newsroom is whole: pages, sidecars and the tables beside them agree, and nothing in it is real."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tasks.core.text.lists import parse_lists
from tasks.core.text.urls import site_of

DEMO = Path(__file__).resolve().parents[1] / "seeds" / "demo"
PAGES_OF = {"1-morning": 20, "2-noon": 13, "3-evening": 10}
PAGES = sorted(DEMO.glob("*/*/*.html"))
SIDECAR_FIELDS = {"url", "outlet", "captured"}
CAPTURED_WITHIN = timedelta(minutes=2)  # of one moment
ADDRESS = re.compile(r"https?://([^/\"'\s<>:]+)")
JSON_LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
VOCABULARIES = {"schema.org", "jsonfeed.org", "purl.org", "www.w3.org"}  # name terms of JSON-LD, microdata and feeds, no page
RELATIONS = {"founder", "identical", "copy", "variant", "excerpt_of", "rewrite", "contains", "alone", "refused"}


def table(name: str) -> list[dict[str, str]]:
    with (DEMO / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def sidecar(page: Path) -> dict[str, str]:
    fields: dict[str, str] = json.loads(page.with_suffix(".json").read_text("utf-8"))
    return fields


def page_of(moment: str, url: str) -> Path:
    return next(page for page in PAGES if page.parts[-3] == moment and sidecar(page)["url"] == url)


def without_query(url: str) -> str:
    return url.partition("?utm_")[0]


def is_parsed(script: str) -> bool:
    try:
        json.loads(script)
    except ValueError:
        return False
    return True


def test_each_moment_has_its_pages() -> None:
    assert Counter(page.parts[-3] for page in PAGES) == PAGES_OF


@pytest.mark.parametrize("page", PAGES, ids=lambda page: "/".join(page.with_suffix("").parts[-3:]))
def test_a_page_has_a_sidecar_with_url_outlet_and_time(page: Path) -> None:
    fields = sidecar(page)
    outlets = {row["site"]: row["outlet"] for row in table("outlets.csv")}
    assert set(fields) == SIDECAR_FIELDS
    assert outlets[site_of(fields["url"])] == fields["outlet"]
    assert datetime.fromisoformat(fields["captured"]).tzinfo is UTC


def test_no_sidecar_is_without_its_page() -> None:
    assert {path.with_suffix("") for path in DEMO.glob("*/*/*.json")} == {page.with_suffix("") for page in PAGES}


def test_moments_are_short_and_follow_each_other() -> None:
    times = {
        moment: [datetime.fromisoformat(sidecar(page)["captured"]) for page in PAGES if page.parts[-3] == moment] for moment in PAGES_OF
    }
    assert all(max(of) - min(of) <= CAPTURED_WITHIN for of in times.values())
    assert max(times["1-morning"]) < min(times["2-noon"])
    assert max(times["2-noon"]) < min(times["3-evening"])


def test_every_host_is_invented() -> None:
    files = [path for path in DEMO.rglob("*") if path.is_file()]
    hosts = {host for path in files for host in ADDRESS.findall(path.read_text("utf-8"))}
    sites = {site for row in table("agencies.csv") for site in row["sites"].split("|")} | {row["site"] for row in table("outlets.csv")}
    assert {host for host in hosts | sites if not host.endswith(".example")} == VOCABULARIES


def test_expected_names_every_page_once() -> None:
    expected = Counter((row["moment"], row["url"]) for row in table("expected.csv"))
    assert expected == Counter((page.parts[-3], sidecar(page)["url"]) for page in PAGES)
    assert set(expected.values()) == {1}


def test_refused_pages_have_a_reason_and_the_others_a_story() -> None:
    rows = table("expected.csv")
    refused = [row for row in rows if row["relation"] == "refused"]
    assert {row["relation"] for row in rows} == RELATIONS
    assert sorted(row["reason"] for row in refused) == ["consent_wall", "index_page", "soft_404"]
    assert all(bool(row["story"]) != bool(row["reason"]) for row in rows)


def test_a_story_has_one_founder_or_is_alone() -> None:
    articles: dict[str, dict[str, str]] = {}
    for row in table("expected.csv"):
        if row["story"]:
            known = articles.setdefault(row["story"], {})
            assert known.setdefault(without_query(row["url"]), row["relation"]) == row["relation"]
    for relations in articles.values():
        counted = Counter(relations.values())
        assert (counted["founder"], counted["alone"]) == ((1, 0) if len(relations) > 1 else (0, 1))
    assert sorted(story for story, relations in articles.items() if len(relations) > 1) == [
        "drummel-job-cuts",
        "gull-isle-ferry",
        "slope-letters",
        "tarn-valley-train",
    ]
    assert sum(map(len, articles.values())) == 34
    assert len(articles) == 23


def test_the_readme_names_every_page() -> None:
    readme = (DEMO / "README.md").read_text("utf-8")
    sections = dict(re.findall(r"^## (Morning|Noon|Evening)\b.*?$(.*?)(?=^## )", readme, re.DOTALL | re.MULTILINE))
    for moment, name in zip(PAGES_OF, ("Morning", "Noon", "Evening"), strict=True):
        named = re.findall(r"^\| `([^`]+)` \|", sections[name], re.MULTILINE)
        assert sorted(named) == sorted("/".join(page.with_suffix("").parts[-2:]) for page in PAGES if page.parts[-3] == moment)


def test_two_outlets_belong_to_one_publisher() -> None:
    publishers = Counter(row["publisher"] for row in table("outlets.csv"))
    assert [publisher for publisher, count in publishers.items() if count > 1] == ["Millrace Newspapers"]


def test_the_agencies_are_a_list_that_can_be_read() -> None:
    text = (DEMO / "agencies.csv").read_text("utf-8")
    lists = parse_lists(agencies_csv=text, boilerplate_csv="pattern,type,reason\n")
    assert {lists.agency_by_tag["NWS"], lists.agency_by_tag["CPA"]} == {"Norwick Wire Service", "Continental Press Agency"}


def test_one_page_has_broken_json_ld() -> None:
    broken = [page for page in PAGES if not all(map(is_parsed, JSON_LD.findall(page.read_text("utf-8"))))]
    assert ["/".join(page.parts[-2:]) for page in broken] == ["wexcombe-echo/drummel-wexcombe.html"]


def test_one_live_blog_grows_from_six_entries_to_nine() -> None:
    blogs = [JSON_LD.findall(page.read_text("utf-8")) for page in PAGES if page.stem == "tarn-valley-live"]
    nodes = [json.loads(script) for scripts in blogs for script in scripts]
    assert [node["@type"] for node in nodes] == ["LiveBlogPosting", "LiveBlogPosting"]
    assert [len(node["liveBlogUpdate"]) for node in nodes] == [6, 9]


def test_a_licensed_copy_declares_the_originators_url() -> None:
    page = DEMO / "3-evening" / "ostrey-chronicle" / "slope-letters.html"
    origin = DEMO / "2-noon" / "tarn-valley-times" / "slope-letters.html"
    assert f'<link rel="canonical" href="{sidecar(origin)["url"]}">' in page.read_text("utf-8")
    assert urlsplit(sidecar(origin)["url"]).hostname != urlsplit(sidecar(page)["url"]).hostname


def test_one_page_changes_only_its_advertisements() -> None:
    url = "https://www.ravensholtherald.example/news/26-0316-corn-exchange-clock/"
    then, now = (page_of(moment, url).read_text("utf-8").splitlines() for moment in ("1-morning", "2-noon"))
    changed = [line for pair in zip(then, now, strict=True) if pair[0] != pair[1] for line in pair]
    assert len(changed) == 6
    assert all(line.startswith('<div class="mr-ad ') for line in changed)


def test_one_article_comes_again_under_a_url_with_tracking_parameters() -> None:
    tracked = [row for row in table("expected.csv") if "utm_source" in row["url"]]
    assert [row["moment"] for row in tracked] == ["2-noon"]
    first = page_of("1-morning", without_query(tracked[0]["url"]))
    assert first.read_bytes() == page_of("2-noon", tracked[0]["url"]).read_bytes()


def test_one_read_page_gives_no_date() -> None:
    refused = {(row["moment"], row["url"]) for row in table("expected.csv") if row["relation"] == "refused"}
    read = [page for page in PAGES if (page.parts[-3], sidecar(page)["url"]) not in refused]
    undated = [page for page in read if not re.search(r"published_time|datePublished", page.read_text("utf-8"))]
    assert ["/".join(page.parts[-2:]) for page in undated] == ["pagehopper/mudslide-train.html"]
