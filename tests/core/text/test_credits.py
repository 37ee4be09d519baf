"""Whose report a text is: evidence, and what is none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tasks.core.records import Article, Given
from tasks.core.text.contributors import contributors_in, is_contributor_line, sentences
from tasks.core.text.lists import Lists

Text = Callable[..., Article]

BODY = "The harbour of Quayport was closed on Tuesday after a crane fell across the main channel, the port authority said. Nobody was hurt."
MORE = "Eleven ships waited outside the breakwater by nightfall, and more were expected in the course of the night and the morning."

EVIDENCE = {
    "a tag in the dateline": (f"QUAYPORT, March 3 (Reuters) - {BODY}\n\n{MORE}", "Reuters", "dateline_tag"),
    "a line of its own": (f"{BODY}\n\n{MORE}\n\n{BODY}\n\nAFP", "Agence France-Presse", "credit_line"),
    "two agencies in brackets": (f"{BODY}\n\n{MORE} The port opens on Friday. (dpa/NAN)", "dpa", "credit_line"),
    "a source": (f"{BODY}\n\n{MORE}\n\n{BODY}\n\nSource: Reuters", "Reuters", "credit_line"),
    "glued to the end": (f"{BODY} {MORE} AFP", "Agence France-Presse", "credit_line"),
    "a contributor line": (
        f"{BODY}\n\n{MORE}\n\nAssociated Press writer Ann Lee in Quayport contributed to this report.",
        "Associated Press",
        "contributor_line",
    ),
    "files of an agency": (f"{BODY}\n\n{MORE}\n\nWith files from The Canadian Press", "Canadian Press", "contributor_line"),
    "a republication": (f"{BODY}\n\n{MORE}\n\nThis story originally appeared in Los Angeles Times.", "Los Angeles Times", "credit_line"),
    "a copyright": (f"{BODY}\n\n{MORE}\n\nCopyright 2022 The Associated Press. All rights reserved.", "Associated Press", "copyright_line"),
    "a byline": (f"Crane falls across the channel\n\nBy The Associated Press\n\n{BODY}\n\n{MORE}", "Associated Press", "byline"),
}


@pytest.mark.parametrize(("text", "agency", "evidence"), list(EVIDENCE.values()), ids=list(EVIDENCE))
def test_agencies_are_found_with_their_evidence(text_article: Text, text: str, agency: str, evidence: str) -> None:
    found = text_article(text)
    assert (found.agency, found.agency_evidence) == (agency, evidence)


@pytest.mark.parametrize(
    "sentence",
    ["The mayor told Reuters that all was well.", "Reuters could not verify the account.", "According to RIA the port opens on Friday, and Interfax reported the same.", "The crane in the water. (Ann Lee/AFP/Getty Images)",
     "Photo: AFP", "He worked for the Associated Press for years."],
    ids=["told", "could not verify", "according to", "photo credit in brackets", "photo credit", "a man's past"],
)  # fmt: skip
def test_what_is_no_credit_gives_no_agency(text_article: Text, sentence: str) -> None:
    assert text_article(f"{BODY}\n\n{sentence}\n\n{MORE}\n\n{sentence}").agency is None


REPUBLICATIONS = {
    "This story originally appeared in Los Angeles Times.": "Los Angeles Times",
    "This article was originally published by The Conversation. Read the original article.": "Conversation",
    "This article is republished from The Conversation under a Creative Commons license.": "Conversation",
    "Originally published on ProPublica.": "ProPublica",
    "The post Crane falls in Quayport appeared first on Norland Herald.": "Norland Herald",
    "Dieser Artikel ist zuerst bei \"Capital\" erschienen.": "Capital",
    "©2022 Los Angeles Times. Visit latimes.com. Distributed by Tribune Content Agency, LLC.": "Los Angeles Times",
}  # fmt: skip


@pytest.mark.parametrize(("line", "source"), list(REPUBLICATIONS.items()), ids=list(REPUBLICATIONS.values()))
def test_the_source_of_a_republication_is_named(text_article: Text, line: str, source: str) -> None:
    assert text_article(f"{BODY}\n\n{MORE}\n\n{line}").republished_from == source


@pytest.mark.parametrize(
    "line",
    [
        "Originally published in March 2022.",
        "The report was published by the port on Friday in full, and the city read it with care, as it had read the last one.",
    ],
    ids=["a month", "prose"],
)
def test_what_names_no_source_is_no_republication(text_article: Text, line: str) -> None:
    assert text_article(f"{BODY}\n\n{MORE}\n\n{line}").republished_from in (None, "port")


def test_a_site_is_not_its_own_source(text_article: Text) -> None:
    found = text_article(
        f"{BODY}\n\n{MORE}\n\nThe post Crane falls in Quayport appeared first on Norland Herald.", url="https://norlandherald.example/a"
    )
    assert found.republished_from is None


CONTRIBUTORS = {
    "McDonnell reported from Lviv and Kaleem from London. Marcus Yam contributed reporting from Kyiv, Ukraine.": ("McDonnell", "Kaleem", "Marcus Yam"),
    "Associated Press writer Lolita C. Baldor in Washington and AP reporters around the world contributed to this report.": ("Lolita C. Baldor",),
    "Peoples reported from New York and Thomson-DeVeaux from Washington. Associated Press writers Will Weissert in Johnstown, Pennsylvania, and Bill Barrow in Atlanta contributed.":
        ("Peoples", "Thomson-DeVeaux", "Will Weissert", "Bill Barrow"),
    "Kim Tong-hyung in Seoul, South Korea, and Ellen Knickmeyer in Washington contributed to this report.": ("Kim Tong-hyung", "Ellen Knickmeyer"),
    "(Reporting by Natalia Zinets in Kyiv; Writing by Conor Humphries; Editing by Alex Richardson)": ("Natalia Zinets", "Conor Humphries", "Alex Richardson"),
    "Lee reported from Lviv. AP journalists Ann Lee in Lviv and Bo Fry in Kyiv contributed to this report.": ("Ann Lee", "Bo Fry"),
    "The Associated Press contributed to this report.": (),
}  # fmt: skip


@pytest.mark.parametrize(("line", "names"), list(CONTRIBUTORS.items()), ids=[str(number) for number in range(len(CONTRIBUTORS))])
def test_contributors_are_named_once_each_without_places(lists: Lists, line: str, names: tuple[str, ...]) -> None:
    assert is_contributor_line(line)
    assert contributors_in([line], lists) == names


@pytest.mark.parametrize(
    "line",
    [
        "Peskov said he reported from Moscow on Monday.",
        "He contributed to this story of success by hard work.",
        "The company reported from Berlin a loss of 3 million.",
    ],
)
def test_prose_is_no_contributor_line(line: str) -> None:
    assert not is_contributor_line(line)


def test_initials_end_no_sentence() -> None:
    assert sentences("Lolita C. Baldor wrote this. The U.S. Navy came. “Yes.” He left.") == [
        "Lolita C. Baldor wrote this.",
        "The U.S. Navy came.",
        "“Yes.”",
        "He left.",
    ]


def test_given_authors_are_read_as_names(text_article: Text) -> None:
    assert text_article(BODY, given=Given(authors=("By Ann Lee and Bo Fry, Staff Writers",))).authors == ("Ann Lee", "Bo Fry")
    agency = text_article(BODY, given=Given(authors=("AFP",)))
    assert (agency.authors, agency.agency, agency.agency_evidence) == (("AFP",), "Agence France-Presse", "byline")
