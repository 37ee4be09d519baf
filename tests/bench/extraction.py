"""Measure how pages are read: read_page beside plain trafilatura, page by page in one run, with the neutral scorer.

    python tests/bench/extraction.py --set aeb --set fundus_dev [--data DIR] [--scorer FILE] [--speed] [--worst N] [--limit N]

DIR holds <set>.jsonl.gz. CPU is time.process_time of this process, the two tools alternating so that noise cancels.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from trafilatura import bare_extraction  # noqa: E402

from tasks.core.pages.page import read_page  # noqa: E402
from tasks.core.records import Article, Given, Reject  # noqa: E402
from tasks.core.text.language import guessed_language  # noqa: E402
from tasks.core.text.lists import Lists, parse_lists  # noqa: E402

WARM_UP_PAGES = 5
MIN_BODY_WORDS = 100  # words of a true body: refusing such a page is an error


def lists_of(root: Path) -> Lists:
    seeds = root / "seeds"
    return parse_lists(
        agencies_csv=(seeds / "agencies.csv").read_text("utf-8"), boilerplate_csv=(seeds / "boilerplate.csv").read_text("utf-8")
    )


def ours(page: dict[str, Any], lists: Lists) -> dict[str, Any]:
    body = page["html"].encode("utf-8", "replace")
    found = read_page(body, url=page["url"], charset="utf-8", given=Given(), lists=lists)
    if isinstance(found, Reject):
        return {"id": page["id"], "reject": f"{found.stage} {found.reason} {found.detail}"}
    return row_of(page, found)


def row_of(page: dict[str, Any], found: Article) -> dict[str, Any]:
    return {
        "id": page["id"],
        "title": found.title,
        "authors": list(found.authors),
        "published": str(found.published_date or ""),
        "body": found.text,
    }


def plain(page: dict[str, Any], with_metadata: bool = True) -> dict[str, Any]:
    found = bare_extraction(page["html"], url=page["url"], include_comments=False, with_metadata=with_metadata)
    if found is None:
        return {"id": page["id"]}
    authors = [name.strip() for name in (found.author or "").split(";") if name.strip()]
    return {"id": page["id"], "title": found.title, "authors": authors, "published": found.date, "body": found.text}


def timed(tool: Any, *arguments: Any) -> tuple[dict[str, Any], float]:
    before = time.process_time()
    row = tool(*arguments)
    return row, time.process_time() - before


def warm_up(pages: list[dict[str, Any]], lists: Lists) -> None:
    """Load what both tools load once a process: a worker reads thousands of pages."""
    guessed_language(pages[0]["truth"].get("body") or "The harbour was closed on Tuesday after a crane fell across the main channel.")
    for page in pages[:WARM_UP_PAGES]:
        ours(page, lists)
        plain(page)


def measured(pages: list[dict[str, Any]], lists: Lists) -> tuple[list[dict[str, Any]], list[dict[str, Any]], float]:
    warm_up(pages, lists)
    mine: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    for number, page in enumerate(pages):
        if number % 2:
            (b, b_s), (a, a_s) = timed(plain, page), timed(ours, page, lists)
        else:
            (a, a_s), (b, b_s) = timed(ours, page, lists), timed(plain, page)
        mine.append({**a, "seconds": a_s})
        theirs.append({**b, "seconds": b_s})
    return mine, theirs, sum(row["seconds"] for row in mine) / sum(row["seconds"] for row in theirs)


def scored(scorer: Path, truth: Path, rows: list[dict[str, Any]], worst: int) -> str:
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in rows)
        out.flush()
        command = [sys.executable, str(scorer), "--truth", str(truth), "--predicted", out.name, "--json", "--worst", str(worst)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def refusals(pages: list[dict[str, Any]], rows: list[dict[str, Any]]) -> list[str]:
    said = []
    for page, row in zip(pages, rows, strict=True):
        if "reject" in row:
            words = len((page["truth"].get("body") or "").split())
            said.append(
                f"  {'WRONG ' if words >= MIN_BODY_WORDS else ''}refused: {row['reject']} | {words} true words | {page['id']} {page['url']}"
            )
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", action="append", required=True, dest="sets")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data" / "extraction")
    parser.add_argument("--scorer", type=Path, default=ROOT.parent / "shared" / "tools" / "score_extraction.py")
    parser.add_argument("--speed", action="store_true", help="three rounds, the median ratio")
    parser.add_argument("--worst", type=int, default=0)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--keep", type=Path, help="folder for the predicted rows")
    arguments = parser.parse_args()
    lists = lists_of(ROOT)
    for name in arguments.sets:
        truth = arguments.data / f"{name}.jsonl.gz"
        with gzip.open(truth, "rt", encoding="utf-8") as lines:
            pages = [json.loads(line) for line in lines][: arguments.limit]
        mine, theirs, ratio = measured(pages, lists)
        ratios = [ratio] + [measured(pages, lists)[2] for _ in range(2 if arguments.speed else 0)]
        print(f"{name}: read_page   {scored(arguments.scorer, truth, mine, arguments.worst)}")
        print(f"{name}: trafilatura {scored(arguments.scorer, truth, theirs, 0)}")
        print(f"{name}: CPU ratio {statistics.median(ratios):.3f} of {[round(value, 3) for value in ratios]}")
        print("\n".join(refusals(pages, mine)))
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            (arguments.keep / f"{name}.json").write_text(json.dumps(mine), "utf-8")


if __name__ == "__main__":
    main()
