"""Kill the real command at points drawn by seed and hold its tables against a clean run's.

    python tests/bench/kills.py [--kills N] [--seed N]

Every chain is printed with its kills; a folder /tmp/killed-* stays behind for each that went wrong.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from killed_runs import chains, scenes  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0, help="of the first chain")
    asked = parser.parse_args()
    kills = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for chain in chains(list(scenes(Path(folder))), asked.kills, first_seed=asked.seed):
            kills += len(chain.kills)
            wrong += chain.problem is not None
            print(f"{kills:5} {chain}", flush=True)
    print(f"{kills} kills, {wrong} chains unequal to a clean run")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
