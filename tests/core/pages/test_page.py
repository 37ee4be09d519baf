"""One page to one article: what is read, what is refused, and that nothing makes it raise."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as given_cases
from hypothesis import strategies as st

from tasks.core.pages.page import read_page
from tasks.core.records import PARAGRAPH_JOINT, Article, Given, Reject
from tasks.core.text.lists import Lists

Read = Callable[..., Article | Reject]
Make = Callable[..., str]
Story = Callable[..., Article]

LD = {
    "@context": "https://schema.org", "@type": "NewsArticle", "headline": "Crane falls across the harbour channel",
    "datePublished": "2026-03-03T06:10:00+02:00", "dateModified": "2026-03-03T07:00:00Z", "author": [{"@type": "Person", "name": "Ann Lee"}, {"@type": "Person", "name": "Bo Fry"}],
    "description": "Eleven ships wait outside the breakwater.",
}  # fmt: skip
CANONICAL = '<link rel="canonical" href="https://news.quayport.example/a/crane">'


def head(**changes: object) -> str:
    return f'<script type="application/ld+json">{json.dumps({**LD, **changes})}</script>{CANONICAL}'


def test_a_page_is_read_in_all_its_fields(article: Story, page: Make) -> None:
    found = article(
        page(
            head=head(),
            before="<p class='standfirst'>Eleven ships wait outside the breakwater.</p><p class='byline'>By Ann Lee and Bo Fry</p>",
        )
    )
    assert found.title == "Crane falls across the harbour channel"
    assert found.dek == "Eleven ships wait outside the breakwater."
    assert found.authors == ("Ann Lee", "Bo Fry")
    assert (found.language, found.site, found.url) == ("en", "quayport.example", "https://news.quayport.example/a/crane")
    assert found.declared_canonical_url == "https://news.quayport.example/a/crane"
    assert found.text.startswith("The harbour of Quayport")
    assert found.text.endswith("said in a statement.")
    assert [block.type for block in found.blocks if not block.is_body] == ["title", "dek", "byline"]


def test_times_keep_their_zone_and_their_source(article: Story, page: Make) -> None:
    found = article(page(head=head(datePublished="2026-03-03T00:30:00+02:00")))
    assert found.published_at == datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
    assert found.published_date == date(2026, 3, 3)
    assert (found.published_raw, found.published_source) == ("2026-03-03T00:30:00+02:00", "json_ld")
    assert found.modified_at == datetime(2026, 3, 3, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stated", "day"),
    [("2026-03-03", date(2026, 3, 3)), ("2026-03-03T06:10:00", date(2026, 3, 3)), ("2026-03", None), ("soon", None)],
    ids=["a day", "a time without zone", "a month", "no date"],
)
def test_what_a_page_does_not_say_of_its_time_stays_unknown(article: Story, page: Make, stated: str, day: date | None) -> None:
    found = article(page(head=head(datePublished=stated)))
    assert (found.published_at, found.published_date) == (None, day)
    assert found.published_raw == stated


def test_what_is_given_is_used_where_the_page_is_silent(article: Story, page: Make) -> None:
    given = Given(title="Another title", dek="A dek", authors=("Cleo Day",), published="2026-03-04T05:00", language="de")
    silent = article(
        "<html><body>" + "".join(f"<p>{'Wind and rain came over the pier that day. ' * 4}</p>" for _ in range(4)) + "</body></html>",
        given=given,
    )
    assert (silent.title, silent.dek, silent.authors, silent.language) == ("Another title", "A dek", ("Cleo Day",), "de")
    assert (silent.published_at, silent.published_source) == (datetime(2026, 3, 4, 5, tzinfo=UTC), "given")
    speaking = article(page(head=head()), given=given)
    assert (speaking.title, speaking.authors, speaking.language) == ("Crane falls across the harbour channel", ("Ann Lee", "Bo Fry"), "en")
    assert speaking.published_source == "json_ld"


def test_a_given_day_alone_is_a_day(article: Story, page: Make) -> None:
    found = article(page(), given=Given(published="2026-03-04"))
    assert (found.published_at, found.published_date) == (None, date(2026, 3, 4))


def test_a_date_after_the_capture_is_not_believed(lists: Lists, page: Make) -> None:
    found = read_page(
        page(head=head(datePublished="2031-01-05T00:00:00Z")).encode(), url=None, charset=None, given=Given(), lists=lists,
        captured_at=datetime(2026, 3, 5, tzinfo=UTC),
    )  # fmt: skip
    assert isinstance(found, Article)
    assert (found.published_at, found.published_date) == (None, None)


def test_credits_are_read_from_pages_too(article: Story, page: Make) -> None:
    body = "<p>QUAYPORT, Norland, March 3 (Reuters) - The harbour was closed on Tuesday after a crane fell across the main channel, the port said.</p>"
    body += "".join(
        f"<p>Ships waited outside for the {number}th hour while the crew of the tug made its plans for the morning.</p>"
        for number in range(4, 9)
    )
    body += "<p>(Reporting by Ann Lee in Quayport and Bo Fry; Editing by Cleo Day)</p><p>This story was originally published by The Norland Herald.</p>"
    found = article(page(body=body, head=head()))
    assert (found.agency, found.agency_evidence) == ("Reuters", "dateline_tag")
    assert (found.dateline_place, found.dateline_date) == ("QUAYPORT, Norland", date(2026, 3, 3))
    assert found.contributors == ("Ann Lee", "Bo Fry", "Cleo Day")
    assert found.republished_from == "Norland Herald"


def test_a_photo_credit_is_no_evidence_of_an_agency(article: Story, page: Make) -> None:
    found = article(
        page(before="<figure><img src='x.jpg'><figcaption>The crane in the water. Ann Lee/Reuters</figcaption></figure><p>Photo: AFP</p>")
    )
    assert found.agency is None
    assert "caption" in {block.type for block in found.blocks}


def test_the_language_is_guessed_where_none_is_declared(article: Story, page: Make) -> None:
    german = "".join(
        f"<p>Der Hafen wurde am {day}. März geschlossen, nachdem ein Kran in die Fahrrinne gestürzt war, wie die Behörde mitteilte.</p>"
        for day in range(3, 9)
    )
    assert article(page(body=german, lang="")).language == "de"
    assert article(page(lang="nb-NO")).language == "nb"


@given_cases(st.binary(max_size=2_000))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_make_it_raise(lists: Lists, body: bytes) -> None:
    found = read_page(body, url="https://a.example/x", charset="utf-8", given=Given(), lists=lists, captured_at=None)
    assert isinstance(found, Reject)


FRAGMENTS = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<div class='byline'>", "<h1>", "</h1>", "<li>", "<ul>", "</ul>", "<a href='x'>", "</a>", "<table><tr><td>", "<br>", "\n\n", "<blockquote>", "<figcaption>",
         "The harbour was closed on Tuesday after a crane fell across the channel. ", "KYIV, Ukraine (AP) — ", "By Ann Lee", "Read more: ships", "(Ann Lee/Getty Images)", "é", "&nbsp;", "&lt;",
         "<script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"headline\":[1,{}],\"author\":[null,[\"A B\"]]}</script>", "<!--", "-->", "\U000f0001", "<svg>", "<time datetime='x'>"]
    ),
    max_size=60,
)  # fmt: skip


@given_cases(FRAGMENTS)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_read_keeps_the_shape_of_an_article(lists: Lists, fragments: list[str]) -> None:
    body = ("<html><body>" + "".join(fragments)).encode()

    def once() -> Article | Reject:
        return read_page(body, url="https://a.example/x", charset=None, given=Given(), lists=lists, captured_at=None)

    found = once()
    assert found == once()
    if isinstance(found, Article):
        assert all(block.text.strip() and PARAGRAPH_JOINT not in block.text for block in found.blocks)
        assert found.text == PARAGRAPH_JOINT.join(block.text for block in found.blocks if block.is_body)
        assert not any(character >= "\U000f0000" for block in found.blocks for character in block.text)
    else:
        assert found.reason != "failed"


PARAGRAPH = "<p>Some paragraph of the same words again, and nothing that is new in it at all.</p>"
HAZARDS = {
    "nested JSON": ('<html><script type="application/ld+json">' + "[" * 100_000 + "</script><body>" + PARAGRAPH * 5, None),
    "malformed JSON": ('<html><script type="application/ld+json">{"@type":"NewsArticle","headline":"a' + '\\"' * 36_000 + "</script><body>" + PARAGRAPH * 5, None),
    "closing marks in JSON": ('<html><script type="application/ld+json">' + "--> " * 50_000 + " " * 200_000 + "x</script><body>" + PARAGRAPH * 5, None),
    "10 MB of one paragraph": ("<html><body>" + PARAGRAPH * 120_000, "too_large"),
    "200,000 flat elements": ("<html><body>" + "<div>x</div>" * 200_000, None),
    "200,000 line breaks": ("<html><body>" + "x<br>" * 200_000, None),
    "50,000 rows": ("<html><body><table>" + "<tr><td>a</td></tr>" * 50_000, None),
    "2,000 levels": ("<html><body>" + "<div>" * 2_000 + PARAGRAPH * 10, None),
    "100,000 levels": ("<html><body>" + "<div>" * 100_000 + PARAGRAPH * 10, "too_deep"),
    "escaped quotes in a script": ("<html><body><script>" + '"a\\' * 500_000 + "</script>", "empty"),
    "a script that never closes": ("<script>" * 400_000, "too_large"),
    "a megabyte of style": ("<html><style>" + "x" * 5_000_000 + "</style><body>" + PARAGRAPH * 5, None),
    "a title of a megabyte": ("<html><head><title>" + "a | " * 300_000 + "</title></head><body>" + PARAGRAPH * 5, None),
}  # fmt: skip


@pytest.mark.parametrize(("html", "reason"), list(HAZARDS.values()), ids=list(HAZARDS))
def test_hostile_pages_are_read_or_refused(read: Read, html: str, reason: str | None) -> None:
    found = read(html)
    assert (found.reason if isinstance(found, Reject) else None) == reason


def test_a_page_too_deep_for_the_parser_keeps_its_text(article: Story) -> None:
    html = (
        "<html><head><title>Crane falls</title></head><body>"
        + "<div>" * 1_000
        + "".join(f"<p>Paragraph {n} of the report on the crane in the harbour.</p>" for n in range(9))
    )
    found = article(html)
    assert found.title == "Crane falls"
    assert "Paragraph 8 of the report" in found.text


@pytest.mark.parametrize("inner", ["a\fb", "a&#12;b", "a&#x1;b", "a&#xFFFF;b", "a&#xF0000;b", "a&#xF0FFF;b"], ids=ascii)
def test_characters_that_no_tree_holds_cost_no_page(inner: str, article: Story, page: Make) -> None:
    """The last two would be marks of ours."""
    paragraph = f"<p>The harbour {inner} was closed again on Friday for the crane to be lifted, the port authority said.</p>"
    found = article(page(body=paragraph * 2 + "<p>Nobody was hurt, but eleven ships waited outside the breakwater by nightfall.</p>"))
    assert any("was closed again on Friday" in block.text for block in found.blocks)
