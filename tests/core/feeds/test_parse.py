"""What a response says as a feed: fields, kinds, and everything that a feed can do to its reader."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.feeds.parse import parse_feed
from tasks.core.feeds.records import ParsedFeed, Unparsed
from tasks.core.feeds.xml_feed import MAX_ENTRIES

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
URL = "https://quayport.example/news/feed.xml"
MANY = 50_000  # of whatever a parser is slow in; what is quadratic would take minutes


def read(body: str | bytes, content_type: str | None = None) -> ParsedFeed | Unparsed:
    return parse_feed(body.encode() if isinstance(body, str) else body, url=URL, content_type=content_type, received_at=NOW)


def feed(body: str | bytes, content_type: str | None = None) -> ParsedFeed:
    found = read(body, content_type)
    assert isinstance(found, ParsedFeed), found
    return found


def rss(*items: str, head: str = "") -> str:
    listed = "".join(f"<item>{item}</item>" for item in items)
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/">'
        f"<channel><title>Quayport News</title><link>/</link>{head}{listed}</channel></rss>"
    )


ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB" xml:base="https://quayport.example/blog/">
<title type="html">Harbour &amp;amp; Pier</title><link rel="self" href="atom.xml"/><link href="/"/>
<link rel="prev-archive" href="2024.xml"/>
<entry><id>tag:quayport.example,2024:1</id><title>Less &lt;b&gt; more</title><link href="one"/><updated>2024-01-02T03:04:05Z</updated>
<published>2024-01-01T00:00:00+02:00</published><author><name>Ida Brandt</name></author><author><name>Bo Fry</name></author>
<summary>Short.</summary><content type="html">&lt;p&gt;The whole story.&lt;/p&gt;</content></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>R</title></channel>
<item rdf:about="https://quayport.example/r"><title>One</title><link>https://quayport.example/r</link><dc:date>2024-01-01</dc:date></item></rdf:RDF>"""


def test_an_atom_feed_is_read_with_its_own_base_and_language() -> None:
    found = feed(ATOM)
    [entry] = found.entries
    assert (found.kind, found.title, found.language) == ("atom", "Harbour & Pier", "en-GB")
    assert found.self_url == "https://quayport.example/blog/atom.xml"
    assert found.next_url == "https://quayport.example/blog/2024.xml"
    assert (entry.guid, entry.url) == ("tag:quayport.example,2024:1", "https://quayport.example/blog/one")
    assert (entry.title, entry.summary, entry.content) == ("Less <b> more", "Short.", "<p>The whole story.</p>")
    assert entry.content_is_html
    assert entry.authors == ("Ida Brandt", "Bo Fry")
    assert [(date.source, date.raw) for date in entry.dates] == [
        ("updated", "2024-01-02T03:04:05Z"),
        ("published", "2024-01-01T00:00:00+02:00"),
    ]


def test_an_rdf_feed_is_read() -> None:
    found = feed(RDF)
    assert (found.kind, found.entries[0].title, found.entries[0].dates[0].source) == ("rdf", "One", "dc:date")
    assert (found.entries[0].dates[0].at, found.entries[0].dates[0].precision) == (None, "day")


def test_an_rss_feed_says_when_to_come_again() -> None:
    head = (
        "<ttl>90</ttl><skipHours><hour>0</hour><hour>24</hour><hour>7</hour><hour>x</hour></skipHours><skipDays><day>Sunday</day>"
        "<day>monday</day></skipDays><sy:updatePeriod> daily </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
    )
    found = feed(rss("<title>a</title>", head=head))
    assert (found.ttl_s, found.skip_hours, found.skip_days, found.update_period_s) == (5400, {0, 7}, {0, 6}, 21_600)
    assert found.site_url == "https://quayport.example/"


@pytest.mark.parametrize("said", ["", "<ttl/>", "<ttl>-5</ttl>", "<ttl>soon</ttl>", f"<ttl>{'9' * 5000}</ttl>", "<ttl>0</ttl>"])
def test_a_senseless_ttl_is_none(said: str) -> None:
    assert feed(rss("<title>a</title>", head=said)).ttl_s is None


def test_every_date_element_is_kept_in_its_order() -> None:
    item = (
        "<title>a</title><dc:date>2024-01-02T00:00:00Z</dc:date><pubDate>Mon, 01 Jan 2024 10:00:00 GMT</pubDate>"
        "<dcterms:issued>2024-01-01</dcterms:issued><atom:updated>never</atom:updated><pubDate></pubDate>"
    )
    [entry] = feed(rss(item)).entries
    assert [(date.source, date.raw) for date in entry.dates] == [
        ("dc:date", "2024-01-02T00:00:00Z"),
        ("pubDate", "Mon, 01 Jan 2024 10:00:00 GMT"),
        ("dcterms:issued", "2024-01-01"),
        ("updated", "never"),
    ]
    assert "bad_date" in entry.flags


def test_the_date_of_a_quoted_source_is_not_the_entrys() -> None:
    entry = "<entry><id>1</id><source><updated>2001-01-01T00:00:00Z</updated></source><updated>2024-01-01T00:00:00Z</updated></entry>"
    found = feed(f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>').entries[0]
    assert [date.raw for date in found.dates] == ["2024-01-01T00:00:00Z"]


@pytest.mark.parametrize(
    ("item", "guid", "url"),
    [
        pytest.param("<guid>123</guid>", "123", None, id="a_guid_that_is_no_address_stays_as_given"),
        pytest.param(
            "<guid isPermaLink='false'>https://quayport.example/?p=1</guid>", "https://quayport.example/?p=1", None, id="no_permalink"
        ),
        pytest.param("<guid>https://quayport.example/1</guid>", "https://quayport.example/1", "https://quayport.example/1", id="permalink"),
        pytest.param("<link>a b?x=1&amp;y=2</link>", None, "https://quayport.example/news/a b?x=1&y=2", id="relative"),
        pytest.param("<link>//cdn.example/a</link>", None, "https://cdn.example/a", id="without_scheme"),
        pytest.param("<guid>g</guid><link>g</link>", "g", "https://quayport.example/news/g", id="relative_and_like_the_guid"),
        pytest.param("<link>javascript:alert(1)</link>", None, None, id="script"),
        pytest.param("<link>file:///etc/passwd</link>", None, None, id="file"),
        pytest.param("<link>http://[::1</link>", None, None, id="no_address_at_all"),
    ],
)
def test_guids_stay_and_addresses_are_absolute_or_none(item: str, guid: str | None, url: str | None) -> None:
    [entry] = feed(rss(f"<title>a</title>{item}")).entries
    assert (entry.guid, entry.url) == (guid, url)


def test_the_longest_text_is_the_content() -> None:
    short, long = "<description>Short.</description>", "<content:encoded><![CDATA[<p>The whole <b>story</b>.</p>]]></content:encoded>"
    both, alone, none = feed(rss(f"{long}{short}", short, "<title>a</title>")).entries
    assert (both.summary, both.content, both.content_is_html) == ("Short.", "<p>The whole <b>story</b>.</p>", True)
    assert (alone.summary, alone.content) == ("Short.", "Short.")
    assert (none.summary, none.content) == (None, None)


@pytest.mark.parametrize(
    ("given", "title"),
    [
        pytest.param("AT&amp;T", "AT&T", id="escaped"),
        pytest.param("AT&amp;amp;T", "AT&T", id="escaped_twice"),
        pytest.param("<![CDATA[<b>Bold</b>ly\n said]]>", "Boldly said", id="markup"),
        pytest.param("How &lt;script&gt; works", "How <script> works", id="words_in_angles"),
        pytest.param("", None, id="empty"),
    ],
)
def test_titles_are_plain_text(given: str, title: str | None) -> None:
    assert feed(rss(f"<title>{given}</title><guid>1</guid>")).entries[0].title == title


def test_repeats_are_flagged_where_they_differ() -> None:
    one, other = "<guid>g</guid><title>One</title><link>/1</link>", "<guid>g</guid><title>Two</title><link>/2</link>"
    assert [("guid_repeated" in entry.flags) for entry in feed(rss(one, other, one)).entries] == [True, True, True]
    assert [("guid_repeated" in entry.flags) for entry in feed(rss(one, one)).entries] == [False, False]


NO_FEEDS = {
    "nothing": (b"", "empty"),
    "white_space": (b" \n\t", "empty"),
    "nuls": (b"\0" * 10, "not_a_feed"),
    "path": (b"/dev/zero", "not_a_feed"),
    "url": (b"http://127.0.0.1:1/canary", "not_a_feed"),
    "page": (b"<!DOCTYPE html><html><head><title>We moved</title></head><body><p>hello</body></html>", "not_a_feed"),
    "page_behind_a_comment": (b"<!-- <rss><item> --><HTML><body>hello</body></HTML>", "not_a_feed"),
    "opml": (b"<opml><body><outline xmlUrl='http://x/'/></body></opml>", "not_a_feed"),
    "sitemap": (b"<urlset><url><loc>http://x/</loc></url></urlset>", "not_a_feed"),
    "error_as_xml": (b"<Error><Code>AccessDenied</Code></Error>", "not_a_feed"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not_a_feed"),
    "json": (b'{"error": "no such feed"}', "not_a_feed"),
    "broken_json": (b'{"version": "https:\\/\\/jsonfeed.org\\/version\\/1", "items": [', "broken_json"),
    "cut_at_once": (b"<?xml version='1.0'?><rss", "broken_xml"),
}


@pytest.mark.parametrize(("body", "reason"), NO_FEEDS.values(), ids=NO_FEEDS)
def test_what_is_no_feed_says_so(body: bytes, reason: str) -> None:
    found = read(body)
    assert isinstance(found, Unparsed), found
    assert found.reason == reason
    assert found.detail
    assert "\n" not in found.detail


def test_a_feed_without_entries_is_a_feed() -> None:
    assert feed(rss()).entries == ()


def test_good_entries_of_a_broken_feed_are_kept_and_flagged() -> None:
    broken = rss("<title>One</title>", "<title>Two &nope; & more</title>", "<title>Three</title><p>").replace("</rss>", "")
    found = feed(broken)
    assert [(entry.title or "")[:3] for entry in found.entries] == ["One", "Two", "Thr"]
    assert "broken_xml" in found.flags


@pytest.mark.parametrize("end", ["", "</descr & iption>", "</descriptio", "</item"], ids=["none", "misspelt", "cut", "another's"])
def test_a_text_that_is_never_closed_swallows_no_other_entry(end: str) -> None:
    broken = rss(
        f"<title>One</title><description>Of one{end}",
        "<title>Two</title><description>Of two</description>",
        "<title>Three</title>",
    )
    found = feed(broken)
    assert [entry.title for entry in found.entries] == ["One", "Two", "Three"]
    assert [(entry.content or "")[:6] for entry in found.entries] == ["Of one", "Of two", ""]


def test_what_follows_the_root_does_not_spoil_it() -> None:
    found = feed(rss("<title>How &lt;b&gt; works</title>") + "<!-- made in 3 ms --><script>track()</script>")
    assert [entry.title for entry in found.entries] == ["How <b> works"]


def test_a_feed_cut_short_keeps_what_came() -> None:
    whole = rss(*(f"<title>Story {number}</title><guid>{number}</guid>" for number in range(20)))
    found = feed(whole[: len(whole) // 2])
    assert len(found.entries) > 5
    assert "broken_xml" in found.flags


BOMB = (
    '<!DOCTYPE rss [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]>"
)
TYPES = {
    "bomb": (BOMB, "&i;"),
    "quadratic": (f'<!DOCTYPE rss [<!ENTITY a "{"A" * 50_000}">]>', "&a;" * 20_000),
    "file": ('<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
    "external": ('<!DOCTYPE rss SYSTEM "http://127.0.0.1:1/canary">', ""),
    "hidden_bracket": ('<!DOCTYPE rss [<!ENTITY y "]>"><!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
}


@pytest.mark.parametrize(("doctype", "used"), TYPES.values(), ids=TYPES)
def test_no_document_type_is_obeyed(doctype: str, used: str) -> None:
    body = f"<?xml version='1.0'?>{doctype}<rss><channel><item><title>Harbour {used}</title></item></channel></rss>"
    [entry] = feed(body).entries
    assert (entry.title or "").startswith("Harbour")
    assert len(entry.title or "") <= len(used) + len("Harbour ")
    assert "root:" not in (entry.title or "")


def test_an_overlong_feed_is_cut_and_says_so() -> None:
    found = feed(rss(*(f"<guid>{number}</guid>" for number in range(MAX_ENTRIES + 5))))
    assert (len(found.entries), found.flags) == (MAX_ENTRIES, ("entries_cut",))
    assert found.entries[-1].guid == str(MAX_ENTRIES - 1)


SLOW = {
    "author": f"<author>a@{'a.' * MANY}!</author>",
    "author_in_pieces": f"<author>{'<![CDATA[a]]>&#97;' * MANY}</author>",
    "attributes": "<x " + " ".join(f'a{number}="1"' for number in range(MANY)) + "/>",
    "attributes_loose": "<x " + " ".join(f'a{number}="1"' for number in range(MANY)) + "/></y>",
    "attributes_open": "<x " + 'a="' * MANY,
    "namespaces": "<x " + " ".join(f'xmlns:a{number}="u:{number}"' for number in range(MANY // 10)) + ">" + "<y/>" * (MANY // 5) + "</x>",
    "depth": "<description>" + "<a>" * MANY + "</a>" * MANY + "</description>",
    "categories": "".join(f"<category>{number}</category>" for number in range(MANY // 2)),
    "open_cdata": "<![CDATA[" * MANY,
    "angles": "<" * MANY,
    "date": f"<pubDate>{'9 ' * MANY}</pubDate>",
    "title": f"<title>{'&lt;a ' * MANY}&lt;/a&gt;</title>",
    "references": "&#x110000;&#99999999999;" * 1000,
}


@pytest.mark.parametrize("slow", SLOW.values(), ids=SLOW)
def test_nothing_makes_reading_quadratic(slow: str) -> None:
    found = feed(rss("<title>First</title><guid>1</guid>", f"<guid>2</guid>{slow}"))
    assert found.entries[0].title == "First"
    assert [entry.guid for entry in found.entries][:2] == ["1", "2"]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        pytest.param("<author>ida@quayport.example (Ida Brandt)</author>", ("Ida Brandt",), id="address_first"),
        pytest.param("<author>Ida Brandt &lt;ida@quayport.example&gt;</author>", ("Ida Brandt",), id="name_first"),
        pytest.param("<author>ida@quayport.example</author>", ("ida@quayport.example",), id="address_alone"),
        pytest.param("<dc:creator>Ida Brandt (Quayport)</dc:creator>", ("Ida Brandt (Quayport)",), id="place"),
        pytest.param("<dc:creator>Ida Brandt</dc:creator><dc:creator>Bo Fry</dc:creator>", ("Ida Brandt", "Bo Fry"), id="two"),
        pytest.param("<author>Ida Brandt</author><dc:creator>Ida Brandt</dc:creator>", ("Ida Brandt",), id="twice"),
        pytest.param("<author> </author>", (), id="empty"),
    ],
)
def test_names_are_read_without_their_addresses(given: str, names: tuple[str, ...]) -> None:
    assert feed(rss(given)).entries[0].authors == names


@pytest.mark.parametrize("root", ["<div>", "<p>", "<Response>"])
def test_other_documents_are_not_read_at_length(root: str) -> None:
    assert isinstance(read(root * 500_000), Unparsed)


MUTATIONS = st.lists(
    st.tuples(st.integers(0, 2000), st.integers(0, 40), st.binary(max_size=12) | st.sampled_from([b"<", b"]]>", b"&", b"</", b"\xff"])),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([ATOM, RDF, rss("<title>a</title><pubDate>Mon, 01 Jan 2024 10:20:30 GMT</pubDate><author>a@b.example (c)</author>")]),
    MUTATIONS,
)
def test_damage_raises_nothing(body: str, mutations: list[tuple[int, int, bytes]]) -> None:
    damaged = body.encode()
    for at, cut, put in mutations:
        damaged = damaged[:at] + put + damaged[at + cut :]
    assert isinstance(read(damaged), ParsedFeed | Unparsed)
