"""Measure how copies are found: the engine in memory over a planted set in time order, judged by the neutral scorer.

    python tests/bench/copies.py --data DIR [--scorer FILE] [--limit N] [--out DIR] [--speed | --order SEED]

DIR holds docs.jsonl.gz (id, outlet, published, title, text), pairs.tsv.gz and stories.tsv.gz. --speed: CPU of this one
thread beside datasketch MinHash LSH on the same texts, in turns, so that both meet the same machine. Texts of candidates
are read again for each comparison. --order: how far the stories of another order of arrival agree with those of time
order, as the adjusted Rand index.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from math import comb
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tasks.core.copies.forest import Forest, hang_pair  # noqa: E402
from tasks.core.copies.linking import Linked, link_article  # noqa: E402
from tasks.core.copies.shingle_index import Document, ShingleIndex  # noqa: E402
from tasks.core.copies.tokens import Tokens, read_tokens  # noqa: E402

BATCH = 5000  # articles: what the growth of cost is judged by
SHINGLE_WORDS = 5  # words, for the other engine
PERMUTATIONS = 128
THRESHOLD = 0.5  # Jaccard, for the other engine


def tokens_of(doc: dict[str, Any]) -> Tokens:
    paragraphs = [part for part in doc["text"].split("\n") if part.strip()]
    return read_tokens(doc["title"], list(enumerate(paragraphs)))


def document_of(doc: dict[str, Any]) -> Document:
    at = datetime.fromisoformat(doc["published"]).replace(tzinfo=UTC)
    return Document(version_id=doc["id"], article_id=doc["id"], outlet=doc["outlet"], at=at)


class Engine:
    """The engine with its index, the stories so far, and the texts it has seen."""

    def __init__(self) -> None:
        self.index = ShingleIndex()
        self.forest = Forest()
        self.docs: dict[str, dict[str, Any]] = {}

    def link(self, doc: dict[str, Any]) -> Linked:
        """Compare a newcomer; its story and those of others may change."""
        linked = link_article(document_of(doc), tokens_of(doc), self.index, tokens_of=lambda key: tokens_of(self.docs[key]))
        self.docs[doc["id"]] = doc
        self.forest.found(doc["id"], at=linked.document.at, number=len(self.docs))
        hung = {later for found in linked.comparisons if (later := hang_pair(self.forest, linked.document, found, is_new=True))}
        for article_id, story_id in self.forest.settle(hung).items():
            self.index.move_article(article_id, story_id)
        self.index.add(linked.document, self.forest.members[doc["id"]].story_id, linked.postings)
        return linked

    def stories(self) -> dict[str, str]:
        return {article_id: member.story_id for article_id, member in self.forest.members.items()}


class Neighbours:
    """The usual way: MinHash signatures in bands."""

    def __init__(self) -> None:
        from datasketch import MinHashLSH

        self.lsh = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)

    def link(self, doc: dict[str, Any]) -> list[str]:
        from datasketch import MinHash

        words = f"{doc['title'] or ''}\n{doc['text']}".lower().split()
        shingles = {" ".join(words[place : place + SHINGLE_WORDS]) for place in range(max(1, len(words) - SHINGLE_WORDS + 1))}
        signature = MinHash(num_perm=PERMUTATIONS)
        signature.update_batch([shingle.encode() for shingle in shingles])
        found = self.lsh.query(signature)
        self.lsh.insert(doc["id"], signature)
        return list(found)


def timed(engines: tuple[Engine | Neighbours, ...], docs: list[dict[str, Any]]) -> list[list[float]]:
    """Return the CPU seconds that each engine took for each document, the engines in turns."""
    seconds: list[list[float]] = [[] for _ in engines]
    for doc in docs:
        for engine, spent in zip(engines, seconds, strict=True):
            started = time.process_time()
            engine.link(doc)
            spent.append(time.process_time() - started)
    return seconds


def speed(docs: list[dict[str, Any]]) -> dict[str, float]:
    ours, theirs = timed((Engine(), Neighbours()), docs)
    found = {
        "ours_ms": round(1000 * sum(ours) / len(docs), 3),
        "datasketch_ms": round(1000 * sum(theirs) / len(docs), 3),
        "ratio": round(sum(ours) / sum(theirs), 3),
    }
    if len(docs) < 2 * BATCH:
        return found
    growth, drift = (sum(spent[-BATCH:]) / sum(spent[BATCH : 2 * BATCH]) for spent in (ours, theirs))
    return found | {
        "last_5000_over_second_5000": round(growth, 3),
        "the_same_of_datasketch": round(drift, 3),  # it grows little: most of this is the machine's
        "one_over_the_other": round(growth / drift, 3),
    }


def stories_of(docs: list[dict[str, Any]]) -> dict[str, str]:
    engine = Engine()
    for doc in docs:
        engine.link(doc)
    return engine.stories()


def rand_index(one: dict[str, str], other: dict[str, str]) -> float:
    """Return the adjusted Rand index of two partitions of the same documents."""
    both = Counter((one[key], other[key]) for key in one)
    index, a, b = (sum(comb(n, 2) for n in Counter(values).values()) for values in (both.elements(), one.values(), other.values()))
    expected = a * b / comb(len(one), 2)
    return (index - expected) / ((a + b) / 2 - expected)


def order(docs: list[dict[str, Any]], seed: int) -> dict[str, float]:
    """Return how far the stories agree with those of time order: shuffled, the latest first, and shuffled within a day."""
    shuffled = random.Random(seed).sample(docs, len(docs))
    rank = {doc["id"]: place for place, doc in enumerate(shuffled)}
    orders = {
        "shuffled": shuffled,
        "latest_first": docs[::-1],
        "shuffled_within_days": sorted(docs, key=lambda doc: (doc["published"][:10], rank[doc["id"]])),
    }
    timely = stories_of(docs)
    return {name: round(rand_index(timely, stories_of(arrived)), 4) for name, arrived in orders.items()}


def write(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n").writerows([header, *rows])


def run(docs: list[dict[str, Any]], out: Path) -> dict[str, int]:
    """Write pairs.tsv and stories.tsv, and return how often each relation was found by which rule."""
    engine, counts = Engine(), Counter[str]()
    pairs: list[tuple[str, ...]] = []
    for doc in docs:
        linked = engine.link(doc)
        for found in linked.comparisons:
            verdict = found.verdict
            ends = (found.document.version_id, doc["id"]) if found.is_later else (doc["id"], found.document.version_id)
            pairs.append((*ends, verdict.relation if verdict.is_merging else "passage"))
            counts[f"{verdict.relation}/{verdict.rule}{'' if verdict.is_merging else ' (no merge)'}"] += 1
    write(out / "pairs.tsv", ("id_a", "id_b", "relation"), pairs)
    write(out / "stories.tsv", ("id", "story_id"), list(engine.stories().items()))
    return dict(counts.most_common())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scorer", type=Path, default=ROOT.parent / "shared/tools/score_dedup.py")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--order", type=int, metavar="SEED")
    asked = parser.parse_args()
    with gzip.open(asked.data / "docs.jsonl.gz", "rt") as lines:
        docs = [json.loads(line) for line in islice(lines, asked.limit)]
    if asked.speed or asked.order is not None:
        print(json.dumps(speed(docs) if asked.speed else order(docs, asked.order), indent=1))
        return
    out = asked.out or Path(tempfile.mkdtemp(prefix="copies-"))
    out.mkdir(parents=True, exist_ok=True)
    print(json.dumps(run(docs, out), indent=1))
    files = ["--truth", asked.data, "--pairs", out / "pairs.tsv", "--stories", out / "stories.tsv"]
    subprocess.run([sys.executable, asked.scorer, *files], check=True)


if __name__ == "__main__":
    main()
