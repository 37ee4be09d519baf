"""Pages that lie, swell and break, for the tests: hazards by name, and mutations of sound pages by seed.

The hazards are those that stopped extractors elsewhere, and what our own patterns would be slow at if they could be. Bodies are built when asked for:
some have 10 MB.
"""

from __future__ import annotations

import codecs
import gzip
import json
import random
import re
import zlib
from collections.abc import Callable, Mapping

import synthetic_news as made

STORY = made.text(1)
PROSE = "".join(f"<p>{paragraph}</p>" for paragraph in STORY.split("\n\n"))
MB = 1 << 20


def page_of(inner: str, *, head: str = "") -> bytes:
    """Return an article's page with something in it that does not belong there."""
    return f'<!doctype html><html lang="en"><head><title>Harbour inquiry</title>{head}</head><body><article><h1>Harbour inquiry</h1>{PROSE}{inner}</article></body></html>'.encode()


def nested(tag: str, depth: int, inner: str = "text within") -> str:
    return f"<{tag}>" * depth + inner + f"</{tag}>" * depth


def json_ld(script: str) -> str:
    return f'<script type="application/ld+json">{script}</script>'


def article_ld(**fields: object) -> str:
    return json_ld(json.dumps({"@context": "https://schema.org", "@type": "NewsArticle", "headline": "Harbour inquiry", **fields}))


def live_ld(count: int) -> str:
    updates = [{"@type": "BlogPosting", "headline": f"Update {number}", "articleBody": made.text(number)} for number in range(count)]
    return json_ld(json.dumps({"@type": "LiveBlogPosting", "headline": "Live", "liveBlogUpdate": updates}))


HAZARDS: Mapping[str, Callable[[], bytes]] = {
    # seen to stop extractors: notes on hazards, 2026-11
    "JSON-LD that is malformed, 72 KB": lambda: page_of("", head=json_ld('{"@type": "NewsArticle", "headline": "a' + '\\"{ "b": [' * 8_000)),
    "JSON-LD that is malformed, 900 KB": lambda: page_of("", head=json_ld('{"@type": "NewsArticle", "a": [' + '{"b": "c",,' * 80_000)),
    "paragraphs, 10 MB, identical": lambda: page_of(f"<p>{made.paragraph(random.Random(2), 1)}</p>" * (10 * MB // 110)),
    "paragraphs, 2 MB, identical": lambda: page_of(f"<p>{made.paragraph(random.Random(2), 1)}</p>" * (2 * MB // 110)),
    "divs, 200,000, flat": lambda: page_of("<div>a</div>" * 200_000),
    "divs, 29,000, flat": lambda: page_of("<div>one more</div>" * 29_000),
    "table rows, 50,000": lambda: page_of("<table>" + "<tr><td>cell</td><td>3</td></tr>" * 50_000 + "</table>"),
    "table rows, 9,000": lambda: page_of("<table>" + "<tr><td>cell with words</td><td>3</td></tr>" * 9_000 + "</table>"),
    "links, 100,000": lambda: page_of('<a href="/a">link</a> ' * 100_000),
    "links, 29,000": lambda: page_of('<a href="/a">link to there</a> ' * 29_000),
    "line breaks, 200,000": lambda: page_of("word<br>" * 200_000),
    "line breaks, 29,000": lambda: page_of("some words<br>" * 29_000),
    "line breaks, 29,000, in one paragraph": lambda: page_of("<p>" + "some words<br>" * 29_000 + "</p>"),
    "divs, 240 deep": lambda: page_of(nested("div", 240)),
    "divs, 3,000 deep": lambda: page_of(nested("div", 3_000)),
    "divs, 100,000 deep": lambda: page_of(nested("div", 100_000)),
    "divs, 500,000 opened": lambda: page_of("<div>" * 500_000),
    "JSON brackets, 100,000 deep": lambda: page_of("", head=json_ld("[" * 100_000 + "]" * 100_000)),
    "JSON objects, 100,000 deep": lambda: page_of("", head=json_ld('{"@graph":' * 50_000 + "1" + "}" * 50_000)),
    "JSON objects, 400 deep": lambda: page_of("", head=json_ld('{"@type":"Article","hasPart":' * 400 + "1" + "}" * 400)),
    # more markup than a page has
    "spans, 29,000, in one paragraph": lambda: page_of("<p>" + "<span>a word </span>" * 29_000 + "</p>"),
    "bold, 29,000, in one paragraph": lambda: page_of("<p>" + "<b>a</b> word " * 29_000 + "</p>"),
    "inline tags, 200 deep, 140 times": lambda: page_of("".join(f"<p>{nested('b', 200)}</p>" for _ in range(140))),
    "inline tags, 3,000 deep": lambda: page_of(f"<p>{nested('i', 3_000)}</p>"),
    "fonts that are never closed, 20,000": lambda: page_of("<p><font color=red>words here " * 20_000),
    "bold that is never closed, in paragraphs": lambda: page_of("<p><b>words here</p>" * 10_000),
    "tables, 240 deep": lambda: page_of("<table><tr><td>" * 80 + "words" + "</td></tr></table>" * 80),
    "lists, 200 deep": lambda: page_of("<ul><li>item with words" * 100 + "</li></ul>" * 100),
    "lists, 5,000 items": lambda: page_of("<ul>" + "<li>An item that says something of its own.</li>" * 5_000 + "</ul>"),
    "lists, 5,000": lambda: page_of("<ul><li>An item that says something.</li></ul>" * 5_000),
    "quotes, 200 deep": lambda: page_of(nested("blockquote", 200, "<p>words said by someone</p>")),
    "forms and buttons, 10,000": lambda: page_of("<form><button>go</button></form>" * 10_000),
    "headings, 20,000": lambda: page_of("<h2>A heading of the page</h2>" * 20_000),
    "h1 alone, 20,000": lambda: page_of("<h1>Harbour inquiry</h1>" * 20_000),
    "articles, 9,000": lambda: page_of("<article><p>Words of one more teaser that say something.</p></article>" * 9_000),
    "figures, 7,000": lambda: page_of('<figure><img src="a.jpg"><figcaption>A caption (Reuters)</figcaption></figure>' * 7_000),
    "comments, 100,000": lambda: page_of("<!-- a comment -->" * 100_000),
    "comment that never ends": lambda: page_of("<!-- " + "a - " * 500_000),
    "unknown tags, 29,000": lambda: page_of("".join(f"<x{number}>word</x{number}>" for number in range(29_000))),
    "unknown tags, 29,000, never closed": lambda: page_of("".join(f"<x{number % 900}>word" for number in range(29_000))),
    "end tags, 200,000": lambda: page_of("</div></p></b>" * 70_000),
    "metas, 29,000": lambda: page_of("", head="".join(f'<meta name="author" content="Ann Lee {number}">' for number in range(29_000))),
    "metas, 400 of 50 KB": lambda: page_of("", head="".join(f'<meta name="a{number}" content="{"word " * 1_400}">' for number in range(400))),
    "scripts, 20,000": lambda: page_of("<script>var a = 1;</script>" * 20_000),
    "JSON-LD scripts, 2,000": lambda: page_of("", head=article_ld(datePublished="2026-03-01") * 2_000),
    "styles, 20,000": lambda: page_of("<style>a{}</style>" * 20_000),
    "svg, 20,000 shapes": lambda: page_of("<svg>" + "<path d='M0 0'/>" * 20_000 + "</svg>"),
    "templates, 9,000": lambda: page_of("<template><p>word</p></template>" * 9_000),
    "iframes and objects, 9,000": lambda: page_of("<iframe src=/a></iframe><object></object>" * 9_000),
    "noscript, 240 deep": lambda: page_of(nested("noscript", 240)),
    "times, 20,000": lambda: page_of('<time datetime="2026-03-01">1 March</time>' * 20_000),
    "frameset": lambda: b"<html><frameset>" + b"<frame src=a>" * 20_000 + b"</frameset></html>",
    "paragraphs, 700,000, never closed": lambda: page_of("<p>x" * 700_000),
    "options, 300,000, never closed": lambda: page_of("<select>" + "<option>x" * 300_000),
    "fonts of many colours, never closed": lambda: page_of("".join(f"<p><font color={number}>a</p>" for number in range(3_600)) + "<div>" * 300),
    "divs, 3,990 deep, 70 times": lambda: page_of(nested("div", 3_990) * 68),
    "h1 of many spans and scripts": lambda: page_of("<h1>" + f"{nested('span', 200)}<script>a</script>" * 90 + "</h1>"),
    # attributes
    "attributes, 40,000 of one tag": lambda: page_of("<p " + " ".join(f"a{number}=1" for number in range(40_000)) + ">words</p>"),
    "attributes, 300,000 of one tag": lambda: page_of("<p " + " ".join(f"a{number}=1" for number in range(300_000)) + ">words</p>"),
    "attributes, 300,000, in what nests": lambda: page_of("<p " + " ".join(f"a{number}=1" for number in range(300_000)) + ">" + nested("div", 300)),
    "attributes, 40,000 equal ones": lambda: page_of("<p " + "a=1 " * 40_000 + ">words</p>"),
    "attribute of 2 MB": lambda: page_of(f'<p title="{"a b " * (MB // 2)}">words</p>'),
    "attribute that never ends": lambda: page_of('<p title="' + "a b " * 400_000),
    "class of 1 MB": lambda: page_of(f'<p class="{"story byline " * 80_000}">Words of the harbour that say something at all.</p>'),
    "classes of 10 KB, 200": lambda: page_of(f'<div class="{"photo-" * 1_700}"><p>By the harbour that says something.</p></div>' * 200),
    "class of article intros, 1 MB": lambda: page_of(f'<h2 class="{"article" + "_" * 1_000_000}">Words of a dek that say something</h2>'),
    "link of 1 MB": lambda: page_of(f'<a href="https://a.example/{"a/" * 500_000}">there</a>', head=f'<link rel=canonical href="https://{"a." * 300_000}example/">'),
    "language of 1 MB": lambda: page_of("").replace(b'lang="en"', b'lang="' + b"e-" * 500_000 + b'"'),
    # long texts: a word, a line, a paragraph
    "line of 2.9 MB": lambda: page_of("<p>" + "The harbour was closed on Tuesday. " * 80_000 + "</p>"),
    "word of 2.9 million letters": lambda: page_of("<p>" + "a" * 2_900_000 + "</p>"),
    "capitals, 2.9 million": lambda: page_of("<p>" + "A" * 2_900_000 + "</p>"),
    "spaces, 2.9 million": lambda: page_of("<p>word" + " " * 2_900_000 + "word</p>"),
    "spaces that do not break, a million": lambda: page_of("<p>word" + "\xa0" * 1_000_000 + "word</p>"),
    "line ends, 2.9 million": lambda: page_of("<pre>word" + "\n" * 2_900_000 + "word</pre>"),
    "tabs in a title, a million": lambda: page_of(f"<h1>Harbour{chr(9) * 1_000_000}</h1>"),
    "full stops, a million": lambda: page_of("<p>Word " + "." * 1_000_000 + "</p>"),
    "sentences of one letter": lambda: page_of("<p>" + "A. " * 700_000 + "</p>"),
    "quotation marks, a million": lambda: page_of("<p>" + "“" * 1_000_000 + "</p>"),
    "brackets opened, a million": lambda: page_of("<p>Words." + " (" * 700_000 + "</p>"),
    "photo credits that never close": lambda: page_of("<p>" + "said. (Photo by A B C " * 60_000 + "</p>"),
    "photo credits, 30,000": lambda: page_of("<p>" + "He left. (Photo by Ann Lee/AP) Then " * 30_000 + "</p>"),
    "dashes, a million": lambda: page_of("<p>LONDON " + "-" * 1_000_000 + " words</p>"),
    "credits at the end, 60,000": lambda: page_of("<p>" + "words. [" + "a " * 700_000 + "</p>"),
    "title of 1 MB": lambda: page_of("", head=f"<title>{'Harbour | ' * 100_000}</title>"),
    "headline of 1 MB": lambda: page_of("", head=article_ld(headline="Harbour - " * 100_000) + f'<meta property="og:title" content="{"Harbour | " * 100_000}">'),
    "h1 of 1 MB": lambda: page_of(f"<h1>{'By Ann Lee and ' * 70_000}</h1>"),
    "byline of 1 MB": lambda: page_of(f'<p class="byline">By {"Ann Lee and " * 90_000}</p>', head=article_ld(author={"@type": "Person", "name": "By " + "Ann Lee, " * 100_000})),
    "byline of spaces, 200 KB": lambda: page_of("", head=article_ld(author={"@type": "Person", "name": "Ann Lee" + " " * 200_000 + "x"})),
    "byline of addresses, 200 KB": lambda: page_of("", head=article_ld(author={"@type": "Person", "name": "a" * 200_000})),
    "byline of 'for', 200 KB": lambda: page_of("", head=article_ld(author={"@type": "Person", "name": "Ann " + "for the " * 25_000 + "\n"})),
    "byline of brackets, 200 KB": lambda: page_of("", head=article_ld(author={"@type": "Person", "name": "Ann " + "(" * 200_000 + "\n"})),
    "authors, 50,000": lambda: page_of("", head=article_ld(author=[{"@type": "Person", "name": f"Ann Lee{number}"} for number in range(20_000)])),
    "by, 100,000 times": lambda: page_of("<p>" + "by " * 100_000 + "</p>"),
    "description of 1 MB": lambda: page_of("", head=article_ld(description="<b>" * 300_000)),
    "entities in JSON-LD, 900 KB": lambda: page_of("", head=article_ld(description="&amp;lt;" * 110_000)),
    "dates, 29,000": lambda: page_of("".join(f"<span>{number % 28 + 1} March 2026</span> " for number in range(29_000))),
    "dates, 2 MB in one block": lambda: page_of("<p>" + "1 March 2026 " * 150_000 + "</p>"),
    "date of 900 KB": lambda: page_of("", head=article_ld(datePublished="1 March " * 110_000)),
    "digits, a million": lambda: page_of("<p>" + "1" * 1_000_000 + "</p>"),
    "contributor line of 1 MB": lambda: page_of("<p>Reporting by " + "Ann Lee in London, " * 55_000 + "</p>"),
    "republication of 1 MB": lambda: page_of("<p>This story originally appeared in " + "the Post and the " * 60_000 + "</p>"),
    "tweets, 9,000": lambda: page_of("<blockquote class=twitter-tweet><p>words pic.twitter.com/a</p>— A (@a) March 1, 2026</blockquote>" * 9_000),
    "datelines, 20,000": lambda: page_of("<p>LONDON (Reuters) - Words that are said of the harbour.</p>" * 20_000),
    "live entries, 480": lambda: page_of("", head=live_ld(480)),
    "live blog marks, 9,000": lambda: page_of("<p>Heading of it</p><p>Return to menu Words that say something of it.</p>" * 9_000),
    "consent, a million words": lambda: page_of("<p>" + "we and our partners use cookies, your consent " * 60_000 + "</p>"),
    "script with strings, 2.9 MB": lambda: b"<html><body><script>" + b'"<p>words \\"of\\" it</p>", ' * 100_000 + b"</script></body></html>",
    "script with one open string": lambda: b'<html><body><script>var a = "' + b'\\u003cp\\u003ewords \\' * 100_000 + b"</script></body></html>",
    "script within scripts": lambda: b"<html><body><script>" + json.dumps(json.dumps("<p>words</p>" * 100_000)).encode() + b"</script></body></html>",
    "styles that never end, 2.9 MB": lambda: page_of("<style" * 480_000),
    "styles that never end, 5 MB": lambda: page_of("<style>" * 750_000),
    "scripts without an end, 5 MB": lambda: page_of("<script>" + "a < b; " * 720_000),
    "tags without an end, 1 MB": lambda: page_of("<" * 1_000_000),
    "tags that are no tags": lambda: page_of("<a<b<c" * 170_000),
    # entities and characters
    "entities, a million": lambda: page_of("<p>" + "&amp;" * 560_000 + "</p>"),
    "entities, numeric": lambda: page_of("<p>" + "&#0;&#x110000;&#xD800;&#128;" * 100_000 + "</p>"),
    "entities that never end": lambda: page_of("<p>" + "&a" * 1_000_000 + "</p>"),
    "entities that are declared, nested": lambda: b'<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + number, b"&%c;" % (97 + number) * 10) for number in range(9))
    + b"]><html><body><p>&j;</p>" + PROSE.encode() + b"</body></html>",
    "entities that name a file": lambda: b'<!DOCTYPE html [<!ENTITY a SYSTEM "file:///etc/passwd">]><html><body><p>&a;</p>' + PROSE.encode() + b"</body></html>",
    "marks on one letter, a million": lambda: page_of("<p>a" + "\u0301" * 1_000_000 + "</p>"),
    "marks out of order, 300,000": lambda: page_of("<p>a" + "\u0301\u0323" * 150_000 + "</p>"),
    "direction marks, a million": lambda: page_of("<p>" + "\u202e\u200b" * 450_000 + "</p>"),
    "ligatures that unfold": lambda: page_of("<p>" + "\ufdfa" * 900_000 + "</p>"),
    "private characters, a million": lambda: page_of("<p>" + "\U000f0001\U000fffff" * 350_000 + "</p>"),
    "no spaces, a million of Han": lambda: page_of("<p>" + "新聞" * 480_000 + "</p>"),
    "NULs between letters": lambda: page_of("").replace(b"a", b"a\0"),
    "NULs, a million, at the end": lambda: page_of("") + b"\0" * 1_000_000,
    "surrogates and half characters": lambda: page_of("") + b"\xed\xa0\x80\xff\xfe\xf4\x90\x80\x80" * 50_000,
    "UTF-16 without a mark": lambda: page_of("").decode().encode("utf-16-le"),
    "UTF-16 that calls itself UTF-8": lambda: codecs.BOM_UTF16_LE + page_of("", head='<meta charset="utf-8">').decode().encode("utf-16-le"),
    "UTF-32": lambda: codecs.BOM_UTF32_LE + page_of("").decode().encode("utf-32-le"),
    "UTF-7 declared": lambda: page_of("+ADw-script+AD4-", head='<meta charset="utf-7">'),
    "charset that is none": lambda: page_of("caf\xe9", head='<meta charset="rot13">').decode().encode("latin-1"),
    "charset of 1 MB": lambda: page_of("", head=f'<meta charset="{"x" * 1_000_000}">'),
    "metas without an end": lambda: b"<meta " * 600_000,
    "ISO 2022, shifting": lambda: page_of("", head='<meta charset="iso-2022-jp">') + b"\x1b$B\x1b(B" * 100_000,
    # no page at all
    "a picture": lambda: b"\x89PNG\r\n\x1a\n" + bytes(random.Random(3).randbytes(100_000)),
    "noise": lambda: random.Random(4).randbytes(300_000),
    "noise in ASCII": lambda: bytes(random.Random(5).choices(range(32, 127), k=500_000)),
    "markup in noise": lambda: b"".join(random.Random(6).choices([b"<", b">", b"div", b"p", b"/", b" ", b'"', b"=", b"a", b"&", b";", b"!--", b"-->", b"\n", b"script"], k=500_000)),
    "13 MB": lambda: page_of("word " * 2_600_000),
    "one byte": lambda: b"<",
    "gzip that was not announced": lambda: gzip.compress(page_of(""), mtime=0),
}  # fmt: skip

# texts, not pages: what our own patterns would be slow at
TEXTS: Mapping[str, Callable[[], str]] = {
    "byline of one word of 1 MB": lambda: f"By {'a' * 1_000_000}\n\n{STORY}",
    "contributor of one word of 1 MB": lambda: f"{STORY}\n\nReporting by {'a' * 1_000_000}",
    "contributor sentences, 100,000": lambda: f"{STORY} {'Edited by Ann Lee. ' * 100_000}",
    "live blog marks, 9,000": lambda: "Heading of it\n\nReturn to menu Words that say something.\n\n" * 9_000,
    "line ends, 2.9 million": lambda: STORY + "\n" * 2_900_000,
    "lines of one letter, 1.4 million": lambda: "a\n" * 1_400_000,
    "line separators, 700,000": lambda: "a\u2028" * 700_000,
    "spaces, 2.9 million": lambda: f"{STORY}\n{' ' * 2_900_000}x",
    "copyright lines, 7,000": lambda: f"{STORY}\n\n" + ("© " * 130 + "\n\n") * 7_000,
    "dated lines, 130,000": lambda: "March 3: words here\n\n" * 130_000,
    "bullets, 400,000": lambda: "• word\n" * 400_000,
    "dashes and letters, 480,000": lambda: f"{STORY}\n\n{'. - a ' * 480_000}",
    "full stops, 2.9 million": lambda: f"{STORY}\n\nwords. AB{'.' * 2_900_000}x",
    "marks out of order, 200,000": lambda: "a" + "\u0301\u0323" * 100_000,
    "ligatures that unfold": lambda: "\ufdfa" * 900_000,
    "capitals and commas, 2.8 million": lambda: f"{'LONDON, March ' * 200_000}- x",
    "brackets, 2.9 million": lambda: "(" * 2_900_000,
    "addresses, 1.4 million": lambda: "a@" * 1_400_000,
}  # fmt: skip


def bomb(size: int) -> bytes:
    """Return gzip of so many bytes of one page."""
    return gzip.compress(page_of("") + b"word " * (size // 5), mtime=0)


def brotli_of(payload: bytes) -> bytes:
    import brotli  # type: ignore[import-untyped]

    return bytes(brotli.compress(payload, quality=5))


# name: (Content-Encoding, other headers, body as sent): responses whose encoding is the hazard
ENCODED: Mapping[str, tuple[str, tuple[tuple[str, str], ...], Callable[[], bytes]]] = {
    "gzip bomb, 1 GB": ("gzip", (), lambda: bomb(1 << 30)),
    "gzip bomb within a gzip bomb": ("gzip", (), lambda: gzip.compress(bomb(1 << 28), mtime=0)),
    "gzip twice, said so": ("gzip, gzip", (), lambda: gzip.compress(gzip.compress(page_of("")))),
    "gzip members, 20,000 empty": ("gzip", (), lambda: gzip.compress(b"", mtime=0) * 20_000 + gzip.compress(page_of(""), mtime=0)),
    "gzip, cut": ("gzip", (), lambda: gzip.compress(page_of(""), mtime=0)[:-400]),
    "gzip, a broken byte": ("gzip", (), lambda: broken_at(gzip.compress(page_of(""), mtime=0), 300)),
    "gzip, noise behind": ("gzip", (), lambda: gzip.compress(page_of(""), mtime=0) + random.Random(7).randbytes(100_000)),
    "gzip, said of plain text": ("gzip", (), lambda: page_of("")),
    "deflate bomb, 1 GB": ("deflate", (), lambda: zlib.compress(bytes(1 << 28)) * 4),
    "brotli bomb, 1 GB": ("br", (), lambda: brotli_of(page_of("") + b"word " * ((1 << 28) // 5))),
    "brotli, cut": ("br", (), lambda: brotli_of(page_of(""))[:-200]),
    "brotli, said of noise": ("br", (), lambda: random.Random(8).randbytes(200_000)),
    "an encoding that is none": ("rot13", (), lambda: page_of("")),
    "chunks of a byte, 300,000": ("", (("Transfer-Encoding", "chunked"),), lambda: b"1\r\na\r\n" * 300_000 + b"0\r\n\r\n"),
    "chunk of 4 GB announced": ("", (("Transfer-Encoding", "chunked"),), lambda: b"ffffffff\r\n" + page_of("")),
    "content type of 2 MB": ("", (("Content-Type", 'text/html; a="' + ";" * 2 * MB),), lambda: page_of("")),
    "chunk size that is none": ("", (("Transfer-Encoding", "chunked"),), lambda: b"-5\r\n" + page_of("")),
    "headers, 20,000": ("", tuple((f"X-{number}", "1") for number in range(20_000)), lambda: page_of("")),
    "header of 2 MB": ("", (("X-Long", "a" * 2 * MB),), lambda: page_of("")),
}  # fmt: skip


def broken_at(body: bytes, place: int) -> bytes:
    """Return bytes of which one is another."""
    place %= max(1, len(body))
    return body[:place] + bytes([body[place] ^ 0xFF]) + body[place + 1 :]


MAX_MUTATED_BYTES = 1 << 18  # bytes of a mutated page: beyond it a mutation adds nothing but time
ELEMENT = re.compile(rb"<(p|div|h1|li|article|span|section|a)\b[^>]*>.{0,2000}?</\1>", re.DOTALL)
Mutation = Callable[[random.Random, bytes], bytes]


def mutated(page: bytes, seed: int) -> bytes:
    """Return a page with one to three faults, the same for the same seed."""
    chance = random.Random(seed)
    for mutation in chance.sample(MUTATIONS, chance.randint(1, 3)):
        page = mutation(chance, page)[:MAX_MUTATED_BYTES]
    return page


def _place(chance: random.Random, page: bytes) -> int:
    return chance.randrange(len(page) + 1)


def _cut(chance: random.Random, page: bytes) -> bytes:
    return page[: _place(chance, page)]


def _beheaded(chance: random.Random, page: bytes) -> bytes:
    return page[_place(chance, page) :]


def _inserted(chance: random.Random, page: bytes, what: bytes) -> bytes:
    at = _place(chance, page)
    return page[:at] + what + page[at:]


def _nested(chance: random.Random, page: bytes) -> bytes:
    tag, depth = chance.choice([b"div", b"b", b"table", b"ul", b"blockquote", b"section"]), chance.choice([30, 300, 3_000, 30_000])
    closing = b"</%b>" % tag * depth if chance.random() < 0.5 else b""
    return _inserted(chance, page, b"<%b>" % tag * depth) + closing


def _repeated(chance: random.Random, page: bytes) -> bytes:
    found = [match for match, _ in zip(ELEMENT.finditer(page), range(60), strict=False)]
    if not found:
        return page * chance.randint(2, 20)
    element = chance.choice(found)
    return page[: element.end()] + element[0] * chance.choice([3, 50, 1_000, 10_000]) + page[element.end() :]


def _reencoded(chance: random.Random, page: bytes) -> bytes:
    text = page.decode("utf-8", "replace")
    return text.encode(
        chance.choice(["utf-16", "utf-16-be", "utf-32", "latin-1", "cp1251", "shift_jis", "iso2022_jp", "utf-7", "gb18030", "cp037"]),
        "replace",
    )


def _declared_otherwise(chance: random.Random, page: bytes) -> bytes:
    label = chance.choice([b"utf-16", b"shift_jis", b"windows-1251", b"iso-2022-jp", b"x-user-defined", b"utf-7", b"hex", b""])
    return b'<meta charset="' + label + b'">' + re.sub(rb"charset=[\"\w-]+", b"charset=" + label, page)


def _flipped(chance: random.Random, page: bytes) -> bytes:
    bytes_of_page = bytearray(page)
    for _ in range(min(len(page), chance.choice([3, 100, 5_000]))):
        bytes_of_page[chance.randrange(len(page))] = chance.randrange(256)
    return bytes(bytes_of_page)


def _shuffled(chance: random.Random, page: bytes) -> bytes:
    size = chance.choice([7, 60, 900])
    pieces = [page[start : start + size] for start in range(0, len(page), size)]
    chance.shuffle(pieces)
    return b"".join(pieces)


def _tags_shuffled(chance: random.Random, page: bytes) -> bytes:
    pieces = re.split(rb"(?=<)", page)
    chance.shuffle(pieces)
    return b"".join(pieces)


def _with_noise(chance: random.Random, page: bytes) -> bytes:
    return _inserted(chance, page, chance.randbytes(chance.choice([1, 40, 9_000])))


def _with_characters(chance: random.Random, page: bytes) -> bytes:
    letters = chance.choice(
        [
            "\0",
            "\ufffe",
            "\u202e",
            "\u0301",
            "\U000f0001",
            "\u2028",
            "&#0;",
            "&#xD800;",
            "&amp;amp;",
            "&nosuch;",
            "]]>",
            "<!--",
            "<![CDATA[",
            '"',
            "'",
        ]
    )
    return _inserted(chance, page, (letters * chance.choice([1, 20, 5_000])).encode())


def _with_entities(chance: random.Random, page: bytes) -> bytes:
    text = page.decode("utf-8", "replace")
    return "".join(f"&#{ord(letter)};" if chance.random() < 0.2 else letter for letter in text[:200_000]).encode("utf-8", "replace")


def _with_broken_json_ld(chance: random.Random, page: bytes) -> bytes:
    script = article_ld(
        author=[{"name": ["Ann", {"@id": "#a"}]}, 5, None],
        datePublished={"@value": 5},
        articleBody=["a"],
        liveBlogUpdate={"a": 1},
        headline={"a": ["b"]},
        mainEntity=[[["a"]]],
    )
    broken = chance.choice(
        [
            script,
            script.replace('"', "", chance.randint(1, 9)),
            script[: chance.randrange(len(script))],
            json_ld("[" * 9_000),
            json_ld('{"@type": ["NewsArticle", 5, null], "@id": []}'),
            json_ld("1e999"),
            json_ld('"' + "\\" * 9_001 + '"'),
        ]
    )
    return page.replace(b"</head>", broken.encode() + b"</head>", 1)


def _with_attributes(chance: random.Random, page: bytes) -> bytes:
    attributes = " ".join(
        f'{chance.choice(["data-", "on", "class", "id", "href", "itemprop"])}{number}="a>b" '
        for number in range(chance.choice([40, 3_000]))
    )
    return re.sub(rb"<(p|div|body|h1)\b", lambda tag: tag[0] + b" " + attributes.encode(), page, count=chance.choice([1, 20]))


def _without_ends(chance: random.Random, page: bytes) -> bytes:
    return re.sub(rb"</\w+>", b"", page) if chance.random() < 0.5 else page.replace(b">", b"", chance.randint(1, 400))


def _swollen(chance: random.Random, page: bytes) -> bytes:
    return _inserted(
        chance, page, chance.choice([b"a", b" ", b"<", b".", b"\xc2\xa0", b"\n", b"(", b"- ", b"By "]) * chance.choice([500, 200_000])
    )


def _dated_wrongly(chance: random.Random, page: bytes) -> bytes:
    date = chance.choice(
        [b"0000-00-00", b"99999-01-01", b"-1", b"1e400", b"9999999999999999", b"2026-02-30T25:61:61+99:99", b"\xff\xfe", b"today"]
    )
    return re.sub(rb"\d{4}-\d\d-\d\d[\w:+.-]*", lambda _: date, page) + b'<meta property="article:published_time" content="' + date + b'">'


MUTATIONS: tuple[Mutation, ...] = (
    _cut, _beheaded, _nested, _repeated, _reencoded, _declared_otherwise, _flipped, _shuffled, _tags_shuffled, _with_noise, _with_characters, _with_entities,
    _with_broken_json_ld, _with_attributes, _without_ends, _swollen, _dated_wrongly,
)  # fmt: skip
