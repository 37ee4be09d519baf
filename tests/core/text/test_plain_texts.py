"""One text to one article: title, dek, sections, entries, credits, as their lines show them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import given as given_cases
from hypothesis import settings
from hypothesis import strategies as st

from tasks.core.pages.plain import read_text
from tasks.core.records import PARAGRAPH_JOINT, Article, Given, Reject
from tasks.core.text.lists import Lists

Text = Callable[..., Article]

LEAD = "The harbour of Quayport was closed on Tuesday after a crane fell across the main channel, the port authority said."
PROSE = (
    LEAD,
    "Nobody was hurt, but eleven ships waited outside the breakwater by nightfall and more were expected to come.",
    "“We will lift it before the weekend if the wind allows,” harbour master Ida Brandt told reporters on the quay.",
    "The crane, built in 1978, had passed an inspection in the spring, according to the records of the city archive.",
)


def joined(*paragraphs: str) -> str:
    return PARAGRAPH_JOINT.join(paragraphs)


def typed(found: Article) -> list[tuple[str, str]]:
    return [(block.type, block.text) for block in found.blocks if block.type != "paragraph"]


def test_title_dek_and_byline_are_read(text_article: Text) -> None:
    found = text_article(
        joined(
            "Crane falls across the harbour channel",
            "Eleven ships wait, and more are coming.",
            "By Ann Lee",
            f"QUAYPORT, Norland — {LEAD}",
            *PROSE[1:],
        )
    )
    assert (found.title, found.dek, found.authors) == (
        "Crane falls across the harbour channel",
        "Eleven ships wait, and more are coming.",
        ("Ann Lee",),
    )
    assert found.dateline_place == "QUAYPORT, Norland"
    assert found.text.startswith("QUAYPORT, Norland — The harbour")


def test_a_text_without_a_title_has_none(text_article: Text) -> None:
    found = text_article(joined(*PROSE))
    assert (found.title, found.dek, found.authors, found.agency, found.dateline_place) == (None, None, (), None, None)
    assert found.text == joined(*PROSE)


def test_a_given_title_is_trusted_before_a_first_line(text_article: Text) -> None:
    text = joined("Crane falls across the harbour channel", *PROSE)
    assert text_article(text, given=Given(title="Crane falls across the harbour channel")).text == joined(*PROSE)
    other = text_article(text, given=Given(title="Ships wait"))
    assert (other.title, "Crane falls" in other.text) == ("Ships wait", True)


@pytest.mark.parametrize("separator", ["\n\n", "\n", "\r\n\r\n", "\n \n\n"], ids=["blank lines", "lines", "CRLF", "more blank lines"])
def test_paragraphs_are_what_line_ends_make_of_them(text_article: Text, separator: str) -> None:
    assert text_article(separator.join(PROSE)).text == joined(*PROSE)


def test_lines_that_only_wrap_are_joined(text_article: Text) -> None:
    wrapped = "The harbour of Quayport was closed on Tuesday after a crane fell\nacross the main channel, the port authority said, and eleven ships\nwaited outside."
    assert text_article(joined(wrapped, PROSE[1])).blocks[0].text == wrapped.replace("\n", " ")


def test_summary_bullets_under_a_label_are_no_body(text_article: Text) -> None:
    found = text_article(
        joined(
            "Crane falls across the harbour channel",
            "The latest:",
            "• Crane blocks channel.\n• Eleven ships wait.\n• What questions do you have about the crane? Send them to us.",
            *PROSE,
        )
    )
    assert [kind for kind, _ in typed(found)] == ["title", "heading", "summary_bullet", "summary_bullet", "comment_prompt"]
    assert found.text == joined("The latest:", *PROSE)


def test_a_list_in_mid_article_is_body(text_article: Text) -> None:
    found = text_article(joined(*PROSE, "• Crane blocks channel.\n• Eleven ships wait.", PROSE[1]))
    assert "• Eleven ships wait." in found.text


def test_subheads_between_paragraphs_are_headings_and_body(text_article: Text) -> None:
    found = text_article(joined(PROSE[0], "What the port says", PROSE[1]))
    assert typed(found) == [("heading", "What the port says")]
    assert "What the port says" in found.text


def test_a_promo_section_with_dated_items_is_set_aside(text_article: Text) -> None:
    section = ("HARBOUR RELIEF", "How to help", "We keep a running list of what is done for the crews. Let us know by email what is missing.",
               "Ongoing: Holm Bakery gives bread to the crews of the ships. Details here.", "May 3: The brass band of the pier plays for the crews. Tickets here.",
               "TBA: The school of Norland plans a fair. Follow its page here.")  # fmt: skip
    found = text_article(joined(*PROSE, *section, *PROSE))
    assert [kind for kind, _ in typed(found)] == ["promo"] * 6
    assert found.text == joined(*PROSE, *PROSE)


def test_a_chronology_of_dates_is_body(text_article: Text) -> None:
    dates = [f"March {day}: The port counted {day} ships outside the breakwater and closed the second gate." for day in range(3, 8)]
    found = text_article(joined(*PROSE, *dates, *PROSE))
    assert found.text == joined(*PROSE, *dates, *PROSE)


def test_captions_with_credits_are_set_aside(text_article: Text) -> None:
    found = text_article(joined(PROSE[0], "The crane in the water on Tuesday. (Ann Lee/AFP/Getty Images)", PROSE[1]))
    assert typed(found) == [("caption", "The crane in the water on Tuesday."), ("photo_credit", "(Ann Lee/AFP/Getty Images)")]
    assert found.agency is None


@pytest.mark.parametrize(
    "sentence",
    [
        "The plan was made in spring (based on your preferences and the weather).",
        "Ships were counted at noon, he said (the department gave no reason).",
        "The minister said so on Tuesday. (Reuters)",
    ],
    ids=["a word that holds a credit's letters", "another", "an agency alone"],
)
def test_prose_that_ends_in_brackets_is_no_caption(text_article: Text, sentence: str) -> None:
    assert not {"caption", "photo_credit"} & {block.type for block in text_article(joined(PROSE[0], sentence, PROSE[1])).blocks}


def test_photo_credits_run_into_a_text_are_split_off(text_article: Text) -> None:
    found = text_article(f"A tug passes the crane on Tuesday. (AP Photo/Ann Lee) QUAYPORT, Norland (AP) — {' '.join(PROSE)}")
    assert typed(found) == [("caption", "A tug passes the crane on Tuesday."), ("photo_credit", "(AP Photo/Ann Lee)")]
    assert (found.dateline_place, found.agency) == ("QUAYPORT, Norland", "Associated Press")


def test_a_player_and_its_lines_are_set_aside(text_article: Text) -> None:
    found = text_article(joined(PROSE[0], "WATCH | The crane falls:", "A crane falls", "A camera on the pier saw it fall. 2:30", PROSE[1]))
    assert typed(found) == [
        ("video", "WATCH | The crane falls:"),
        ("video", "A crane falls"),
        ("video", "A camera on the pier saw it fall. 2:30"),
    ]


def test_a_tweet_and_its_signature_are_set_aside_and_what_is_glued_to_them_stays(text_article: Text) -> None:
    found = text_article(joined(PROSE[0], "The crane is down. https://t.co/abc", f"— Ida Brandt (@ida) March 3, 2026{PROSE[1]}", PROSE[2]))
    assert typed(found) == [
        ("embedded_tweet", "The crane is down. https://t.co/abc"),
        ("embedded_tweet", "— Ida Brandt (@ida) March 3, 2026"),
    ]
    assert found.text == joined(PROSE[0], PROSE[1], PROSE[2])


def test_entries_of_a_live_blog_are_split_and_numbered(text_article: Text) -> None:
    found = text_article(
        "\n".join(
            [
                PROSE[0],
                "Crane is lifted",
                f"Return to menuQUAYPORT, Norland — {PROSE[1]}",
                "Ann Lee contributed to this report.",
                "Wind drops",
                f"Return to menu{PROSE[2]}",
                PROSE[3],
            ]
        )
    )
    assert found.is_live_blog
    assert [(block.type, block.entry_no) for block in found.blocks] == [
        ("paragraph", None), ("live_entry_heading", 1), ("junk", 1), ("paragraph", 1), ("contributor_line", 1), ("live_entry_heading", 2), ("junk", 2), ("paragraph", 2), ("paragraph", 2),
    ]  # fmt: skip
    assert (found.dateline_place, found.agency, found.contributors) == (None, None, ("Ann Lee",))
    assert "Return to menu" not in found.text


def test_a_comment_prompt_at_the_end_is_set_aside(text_article: Text) -> None:
    assert typed(text_article(joined(*PROSE, "Leave a Reply"))) == [("comment_prompt", "Leave a Reply")]


@pytest.mark.parametrize(
    ("published", "at", "day"),
    [
        ("2026-03-03", None, date(2026, 3, 3)),
        ("2026-03-03T05:10", datetime(2026, 3, 3, 5, 10, tzinfo=UTC), date(2026, 3, 3)),
        ("2026-03-03T00:10:00+02:00", datetime(2026, 3, 2, 22, 10, tzinfo=UTC), date(2026, 3, 3)),
        ("2026-03", None, None),
        ("yesterday", None, None),
        ("  ", None, None),
        (None, None, None),
    ],
    ids=["a day", "no zone is UTC", "a zone", "a month", "words", "blank", "nothing"],
)  # fmt: skip
def test_given_dates_say_no_more_than_they_say(text_article: Text, published: str | None, at: datetime | None, day: date | None) -> None:
    found = text_article(LEAD, given=Given(published=published))
    assert (found.published_at, found.published_date) == (at, day)
    assert (found.published_raw, found.published_source) == ((published, "given") if published and published.strip() else (None, None))


def test_a_short_brief_is_news(text_article: Text) -> None:
    assert text_article("QUAYPORT (AP) — The harbour opened again.").agency == "Associated Press"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b" \n\n\t ", "empty"),
        ("– … —".encode(), "empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "binary"),
        (b"a\0b\1\0\0c" * 20, "binary"),
        (b"word " * 700_000, "too_large"),
    ],
    ids=["nothing", "white space", "marks", "a picture", "zeros", "too much"],
)
def test_what_holds_no_words_is_refused(lists: Lists, body: bytes, reason: str) -> None:
    found = read_text(body, url=None, charset=None, given=Given(), lists=lists)
    assert isinstance(found, Reject)
    assert (found.stage, found.reason) == ("gate", reason)


LINES = st.lists(
    st.one_of(
        st.text(max_size=60),
        st.sampled_from([LEAD, "", "Return to menuThe crane", "— Ida (@ida) March 3, 2026And so on", "The latest:", "• one", "Ongoing: Details here.", "KYIV, Ukraine (AP) — x", "(AFP)", "By Ann Lee",
                         "Related", "WATCH | x", "Ann Lee contributed to this report.", "This story originally appeared in Los Angeles Times.", "\u2028", "\x85", "\x0c", "a\u0301", "\u200b"]),
    ),
    max_size=14,
)  # fmt: skip


@given_cases(LINES, st.sampled_from(["\n", "\n\n", "\r\n", " "]))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_the_same_twice_and_keeps_its_shape(lists: Lists, lines: list[str], separator: str) -> None:
    body = separator.join(lines).encode("utf-8", "surrogatepass")
    found = read_text(body, url=None, charset="utf-8", given=Given(), lists=lists)
    assert found == read_text(body, url=None, charset="utf-8", given=Given(), lists=lists)
    if isinstance(found, Article):
        assert all(block.text.strip() and PARAGRAPH_JOINT not in block.text for block in found.blocks)
        assert found.text
    else:
        assert found.reason != "failed"


@given_cases(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_no_bytes_make_it_raise(lists: Lists, body: bytes) -> None:
    found = read_text(body, url=None, charset=None, given=Given(), lists=lists)
    assert isinstance(found, Article) or found.reason != "failed"
