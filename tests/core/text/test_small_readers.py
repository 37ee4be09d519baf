"""Bylines, dates, languages, folds, and the newsroom's tables."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tasks.core.records import BESIDE_TYPES
from tasks.core.text.bylines import author_names, desk_name, is_person, printed_names
from tasks.core.text.dates import read_date
from tasks.core.text.folds import folded, word_count
from tasks.core.text.language import declared_language, guessed_language
from tasks.core.text.lines import line_type
from tasks.core.text.lists import Lists

FIELDS = {
    "By Ann Lee and Bo Fry, Staff Writers": ("Ann Lee", "Bo Fry"),
    "ANN LEE": ("Ann Lee",),
    "Ann Lee (Quayport)": ("Ann Lee",),
    "Von Anna Müller und Jan de Boer": ("Anna Müller", "Jan de Boer"),
    "Ann Lee | ann@quayport.example": ("Ann Lee",),
    "신현주 기자": ("신현주",),
    "Newsroom": (),
    "https://quayport.example/ann": (),
}


@pytest.mark.parametrize(("field", "names"), list(FIELDS.items()), ids=list(FIELDS))
def test_names_are_taken_out_of_author_fields(field: str, names: tuple[str, ...]) -> None:
    assert author_names([field]) == names


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("By | Ann Lee | March 3, 2026", ("Ann Lee",)),
        ("By Ann Lee | Updated by | Bo Fry", ("Ann Lee",)),
        ("Ann Lee | Senior Writer", ("Ann Lee",)),
        ("by annlee", ("annlee",)),
        ("World news", ()),
        ("7 min read", ()),
    ],
    ids=["a date", "an editor", "a role", "a sign", "a section", "a time"],
)
def test_printed_bylines_give_persons_only(line: str, names: tuple[str, ...]) -> None:
    assert printed_names(line) == names


def test_a_desk_is_named_only_by_a_byline() -> None:
    assert (desk_name("By Associated Press"), desk_name("Associated Press"), desk_name("By 3 ways to save")) == (
        "Associated Press",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("Christi C. Elwood", True),
        ("Jan de Boer", True),
        ("The harbour was", False),
        ("Ann", False),
        ("Return to Quayport!", False),
        ("Sports Desk", False),
    ],
)
def test_persons_look_like_persons(text: str, person: bool) -> None:
    assert is_person(text) is person


DATES = {
    "2026-03-03T06:10:00+02:00": (date(2026, 3, 3), datetime(2026, 3, 3, 4, 10, tzinfo=UTC)),
    "2026-03-03T06:10:00": (date(2026, 3, 3), None),
    "Tue, 03 Mar 2026 06:10:00 GMT": (date(2026, 3, 3), datetime(2026, 3, 3, 6, 10, tzinfo=UTC)),
    "March 3, 2026 at 6:10 p.m. EST": (date(2026, 3, 3), datetime(2026, 3, 3, 23, 10, tzinfo=UTC)),
    "3. März 2026": (date(2026, 3, 3), None),
    "3 de marzo de 2026": (date(2026, 3, 3), None),
    "04-ago-2021": (date(2021, 8, 4), None),
    "2026年3月3日": (date(2026, 3, 3), None),
    "1772518200": (date(2026, 3, 3), datetime(2026, 3, 3, 6, 10, tzinfo=UTC)),
}


@pytest.mark.parametrize(("raw", "parts"), list(DATES.items()), ids=list(DATES))
def test_dates_are_read_as_printed(raw: str, parts: tuple[date, datetime | None]) -> None:
    found = read_date(raw)
    assert found is not None
    assert (found.day, found.at) == parts


@pytest.mark.parametrize("raw", ["03/04/2026", "2026", "March 2026", "Feb 30, 2026", "yesterday", "1/1/1850", "99/99/2026"])
def test_what_says_no_day_gives_none(raw: str) -> None:
    assert read_date(raw) is None


@pytest.mark.parametrize(
    ("declared", "code"), [("en-US", "en"), ("de_DE", "de"), ("eng", "en"), ("ENGLISH", None), ("", None), ("x", None), ("uk", "uk")]
)
def test_declared_languages_are_two_letters(declared: str, code: str | None) -> None:
    assert declared_language(declared) == code


def test_the_first_declaration_that_names_a_language_wins() -> None:
    assert declared_language(None, "", "fr-FR", "en") == "fr"


def test_a_text_too_short_to_tell_has_no_language() -> None:
    assert (
        guessed_language("Bonjour"),
        guessed_language("Le port a été fermé mardi après la chute d'une grue dans le chenal principal du port."),
    ) == (None, "fr")


def test_folds_compare_across_case_accents_and_punctuation() -> None:
    assert folded("“Ça va, Žižkov?”") == folded("ca VA zizkov") == "ca va zizkov"


def test_words_are_counted_in_scripts_without_spaces() -> None:
    assert (word_count("one two"), word_count("東京で地震がありました")) == (2, 5)


LINES = {
    "Read more: Ships wait outside": "promo",
    "Lesen Sie auch: Schiffe warten": "promo",
    "Sign up for our newsletter": "promo",
    "Advertisement": "junk",
    "https://quayport.example/a": "junk",
    "Published on 3 March 2026": "junk",
    "3 min read": "junk",
    "Tempo de leitura: 2 minutos": "junk",
    "Leave a Reply": "comment_prompt",
    "WATCH | The crane falls": "video",
    "Photo by Ann Lee": "photo_credit",
    "© 2026 Quayport News": "junk",
    "— – —": "junk",
    "The harbour was closed on Tuesday.": None,
    "He read more books than most.": None,
    "Follow the money, he said, and you find the crane.": None,
    "By using cranes of this kind the port saves a million a year.": None,
    "Date: 18 June 2026 (pre-registered)": None,
}


@pytest.mark.parametrize(("line", "kind"), list(LINES.items()), ids=list(LINES))
def test_lines_are_typed_by_the_newsrooms_table(lists: Lists, line: str, kind: str | None) -> None:
    assert line_type(line, lists) == kind


def test_the_table_of_lines_uses_known_types_and_gives_reasons(lists: Lists) -> None:
    assert {row.type for row in lists.boilerplate} <= BESIDE_TYPES
    assert all(row.reason for row in lists.boilerplate)


def test_each_agency_has_one_name_and_no_tag_belongs_to_two(lists: Lists) -> None:
    names = [agency.name for agency in lists.agencies]
    tags = [tag for agency in lists.agencies for tag in {agency.name, *agency.tags}]
    assert (len(names), len(tags)) == (len(set(names)), len(set(tags)))
