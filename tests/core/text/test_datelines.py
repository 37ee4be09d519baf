"""Datelines in the forms of the agencies, and what only looks like one."""

from __future__ import annotations

from datetime import date

import pytest

from tasks.core.text.datelines import Dateline, dateline_within, day_of, is_lone_dateline, read_dateline
from tasks.core.text.lists import Lists

FORMS = {
    "LVIV, Ukraine — (TNS) The": ("LVIV, Ukraine", None, "Tribune News Service"),
    "LVIV, Ukraine — The": ("LVIV, Ukraine", None, None),
    "NORTH OF KYIV, Ukraine — The": ("NORTH OF KYIV, Ukraine", None, None),
    "MOSCOW/KIEV, March 3 (Reuters) - The": ("MOSCOW/KIEV", "March 3", "Reuters"),
    "ST. PETERSBURG, Russia, March 3 (Reuters) - The": ("ST. PETERSBURG, Russia", "March 3", "Reuters"),
    "MOSCOW, March 3. /TASS/. The": ("MOSCOW", "March 3", "TASS"),
    "MOSCOW. March 3 (Interfax) - The": ("MOSCOW", "March 3", "Interfax"),
    "BUFFALO, N.Y. — The": ("BUFFALO, N.Y.", None, None),
    "SANTA FE, N.M. (AP) — The": ("SANTA FE, N.M.", None, "Associated Press"),
    "Berlin (dpa) - Der": ("Berlin", None, "dpa"),
    "New Delhi, Mar 3 (PTI) The": ("New Delhi", "Mar 3", "PTI"),
    "Odessa (Ukraine) (AFP) – The": ("Odessa (Ukraine)", None, "Agence France-Presse"),
    "Kyiv [Ukraine], March 3 (ANI): The": ("Kyiv [Ukraine]", "March 3", "ANI"),
    "(ANSA) - ROMA, 03 MAR - Il": ("ROMA", "03 MAR", "ANSA"),
    "BEIJING, March 3 (Xinhua) -- The": ("BEIJING", "March 3", "Xinhua"),
    "RIYADH, 03 March 2022, SPA -- The": ("RIYADH", "03 March 2022", "SPA"),
    "WASHINGTON -- The": ("WASHINGTON", None, None),
    "(CNN)The": (None, None, "CNN"),
    "AUSTIN, Texas (KXAN) — The": ("AUSTIN, Texas", None, None),
}


@pytest.mark.parametrize(("text", "parts"), list(FORMS.items()), ids=list(FORMS))
def test_datelines_are_read(lists: Lists, text: str, parts: tuple[str | None, str | None, str | None]) -> None:
    found = read_dateline(text + " port was closed", lists)
    assert found is not None
    assert (found.place, found.day, found.agency) == parts


@pytest.mark.parametrize(
    "text",
    [
        "COVID-19 cases rose",
        "WATCH — The crane",
        "FILE - A soldier walks",
        "NEW DELHI: The port",
        "The AP — a short history",
        "Apples (organic) are sold",
        "US — it is",
        "A MAN — he",
        "Boris Brandt — the mayor",
        "",
    ],
)
def test_what_only_looks_like_a_dateline_is_none(lists: Lists, text: str) -> None:
    assert read_dateline(text, lists) is None


def test_a_dateline_behind_a_glued_dek_is_found(lists: Lists) -> None:
    found = dateline_within("Eleven ships wait outside. QUAYPORT, Norland (AP) — The port was closed", lists)
    assert found is not None
    assert (found.place, found.agency) == ("QUAYPORT, Norland", "Associated Press")


@pytest.mark.parametrize(
    ("text", "alone"),
    [
        ("BAAR, SWITZERLAND", True),
        ("NEW DELHI:", True),
        ("KYIV —", True),
        ("Baar, Switzerland", False),
        ("RELATED:", False),
        ("QUAYPORT", False),
    ],
)
def test_a_line_that_is_nothing_but_a_dateline_is_told(text: str, alone: bool) -> None:
    assert is_lone_dateline(text) is alone


@pytest.mark.parametrize(
    ("day", "published", "expected"),
    [
        ("March 3", date(2022, 3, 4), date(2022, 3, 3)),
        ("Dec. 31", date(2023, 1, 1), date(2022, 12, 31)),
        ("03 March 2022", None, date(2022, 3, 3)),
        ("March 3", None, None),
        ("March 3", date(2022, 9, 1), None),
        ("Feb 30", date(2022, 3, 1), None),
        (None, date(2022, 3, 4), None),
    ],
    ids=["same year", "over the new year", "with its year", "unknown year", "too far", "no such day", "no day"],
)
def test_the_year_of_a_dateline_comes_from_the_publication_or_is_unknown(
    day: str | None, published: date | None, expected: date | None
) -> None:
    assert day_of(Dateline(place="KYIV", day=day), published) == expected
