"""A user with a notebook: opens copydesk.duckdb, looks, holds it for a while, looks again, closes; until a file appears.

    python tests/snapshot_reader.py HOME STOP SEED

Prints one JSON object: how often it opened, how many snapshots it saw, and every problem.
"""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

import duckdb

HELD_S = 4.0  # seconds, at most, and between two openings likewise

WHOLE_SQL = """
select
    (select coalesce(sum(articles_new), 0) from batches) as articles_drained,
    (select count(*) from story_members) as articles,
    (select coalesce(sum(captures_new), 0) from batches) as captures_drained,
    (select count(*) from captures) as captures,
    (select coalesce(sum(versions_new), 0) from batches) as versions_drained,
    (select count(distinct version_id) from version_captures) as versions
"""


def main() -> None:
    link, stop, chance = Path(sys.argv[1]) / "copydesk.duckdb", Path(sys.argv[2]), random.Random(int(sys.argv[3]))
    opened, seen, problems = 0, set(), []
    while not stop.exists():
        if link.exists():
            try:
                with duckdb.connect(str(link), read_only=True) as connection:
                    opened += 1
                    first = connection.execute(WHOLE_SQL).fetchone()
                    time.sleep(chance.uniform(0, HELD_S))
                    again = connection.execute(WHOLE_SQL).fetchone()
                if first != again:
                    problems.append(f"changed while it was held: {first} {again}")
                if first is None or first[0::2] != first[1::2]:
                    problems.append(f"no whole batches: {first}")
                seen.add(first)
            except duckdb.Error as error:
                problems.append(str(error))
        time.sleep(chance.uniform(0, HELD_S))
    print(json.dumps({"opened": opened, "snapshots": len(seen), "problems": problems[:5]}))


if __name__ == "__main__":
    main()
