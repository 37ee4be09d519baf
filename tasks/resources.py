"""Where sql/, seeds/ and deployments/ lie, and the lists that a newsroom maintains: those shipped, and rows that a home adds."""

from __future__ import annotations

import csv
import hashlib
import io
from functools import lru_cache
from pathlib import Path

from tasks.core.errors import SettingsError
from tasks.core.text.lists import Lists, parse_lists
from tasks.core.text.urls import TrackingParameters

PACKAGE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Return the folder `sql`, `seeds` or `deployments`: inside the installed package, or beside it in a checkout.

    Raises       FileNotFoundError where neither place has it
    """
    for root in (PACKAGE, PACKAGE.parent):
        if (root / name).is_dir():
            return root / name
    raise FileNotFoundError(f"{name}: neither in {PACKAGE} nor beside it; the installation is incomplete")


def seed_rows(name: str, home_seeds: Path) -> str:
    """Return a table of seeds/ as CSV text, the rows that a home adds first, so that they win.

    Raises       SettingsError where the home's table has other columns
    """
    shipped = _shipped_rows(name)
    own = home_seeds / name
    if not own.is_file():
        return shipped
    header, _, rows = shipped.partition("\n")
    try:
        own_header, _, own_rows = own.read_text("utf-8-sig").partition("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{own}: cannot be read ({error}); write it as UTF-8, or remove it") from error
    if own_header.strip() != header.strip():
        raise SettingsError(f"{own}: its columns are {own_header.strip()!r}, need {header.strip()!r}")
    return f"{header}\n{own_rows.rstrip()}\n{rows}"


@lru_cache(maxsize=16)
def _shipped_rows(name: str) -> str:
    return (resource("seeds") / name).read_text("utf-8")


def newsroom_lists(home_seeds: Path) -> Lists:
    """Return agencies, line patterns and tracking parameters."""
    return parse_lists(
        agencies_csv=seed_rows("agencies.csv", home_seeds),
        boilerplate_csv=seed_rows("boilerplate.csv", home_seeds),
        tracking=tracking_parameters(),
    )


@lru_cache(maxsize=1)
def tracking_parameters() -> TrackingParameters:
    """Return the query parameters that normalized URLs leave out; their version is the table's digest."""
    text = (resource("seeds") / "tracking_parameters.csv").read_text("utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    return TrackingParameters(
        version=hashlib.sha256(text.encode()).hexdigest()[:12],
        names=frozenset(row["parameter"] for row in rows if row["match"] == "exact"),
        prefixes=tuple(row["parameter"] for row in rows if row["match"] == "prefix"),
    )
