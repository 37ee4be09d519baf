"""Bytes of a feed as text: charsets, control characters, and all that stands before the root."""

from __future__ import annotations

import pytest

from tasks.core.feeds import source as module
from tasks.core.feeds.records import Unparsed
from tasks.core.feeds.source import Source, source_of

XML = "application/xml"


def text(body: bytes, content_type: str | None = XML) -> str:
    found = source_of(body, content_type=content_type)
    assert isinstance(found, Source), found
    return found.text


def titled(title: str, prolog: str = "") -> str:
    return f"{prolog}<rss><channel><item><title>{title}</title></item></channel></rss>"


CHARSETS = {
    "utf_8": (titled("Café Новости").encode(), XML, "Café Новости"),
    "utf_8_called_latin": (titled("Новости").encode(), XML + "; charset=iso-8859-1", "Новости"),
    "utf_8_called_latin_inside": (titled("Новости", "<?xml version='1.0' encoding='iso-8859-1'?>").encode(), None, "Новости"),
    "latin_called_utf_8": (titled("Café naïve").encode("latin-1"), XML + "; charset=utf-8", "Café naïve"),
    "cyrillic_undeclared": (titled("Новости порта").encode("cp1251"), XML, "Новости порта"),
    "cyrillic_declared": (titled("Новости", "<?xml version='1.0' encoding='windows-1251'?>").encode("cp1251"), None, "Новости"),
    "cyrillic_by_header": (titled("Новости").encode("koi8-r"), "text/xml; charset=koi8-r", "Новости"),
    "chinese": (titled("新闻", '<?xml version="1.0" encoding="gb2312"?>').encode("gbk"), XML, "新闻"),
    "japanese": (titled("ニュース", '<?xml version="1.0" encoding="Shift_JIS"?>').encode("shift_jis"), XML, "ニュース"),
    "japanese_in_seven_bits": (titled("ニュース", '<?xml version="1.0" encoding="iso-2022-jp"?>').encode("iso-2022-jp"), XML, "ニュース"),
    "utf_16": (titled("Новости", '<?xml version="1.0" encoding="utf-8"?>').encode("utf-16"), XML, "Новости"),
    "utf_16_unmarked": (titled("Café").encode("utf-16-le"), XML, "Café"),
    "utf_32": (titled("Новости").encode("utf-32"), XML, "Новости"),
    "no_such_charset": (titled("Café", "<?xml version='1.0' encoding='klingon'?>").encode(), "x; charset=rot13", "Café"),
}


@pytest.mark.parametrize(("body", "content_type", "title"), CHARSETS.values(), ids=CHARSETS)
def test_a_title_comes_out_as_it_was_meant(body: bytes, content_type: str | None, title: str) -> None:
    assert f"<title>{title}</title>" in text(body, content_type)


def test_one_stray_byte_spoils_one_character_and_is_flagged() -> None:
    body = titled("Café Новости PH").encode().replace(b"PH", b"caf\xe9")
    for content_type in (XML, XML + "; charset=iso-8859-1", None):
        found = source_of(body, content_type=content_type)
        assert isinstance(found, Source)
        assert "Café Новости caf\ufffd" in found.text
        assert found.flags == ("bad_bytes",)


@pytest.mark.parametrize("odd", [b"\x0b", b"\x00", b"\x01\x02", b"&#11;", b"&#x0;", b"\xef\xbf\xbe"])
def test_characters_that_xml_forbids_are_gone(odd: bytes) -> None:
    found = source_of(titled("PH").encode().replace(b"PH", b"Har" + odd + b"bour"), content_type=XML)
    assert isinstance(found, Source)
    assert found.text.count("Har") == found.text.count("bour") == 1
    assert not any(mark in found.text for mark in ("\x0b", "\0", "\x01", "&#11;", "&#x0;", "\ufffe"))
    assert "control_characters" in found.flags or odd == b"\xef\xbf\xbe"


HEADS = {
    "white_space": "\n\n  ",
    "mark": "\ufeff\ufeff",
    "declaration": "<?xml version='1.0'?>",
    "declaration_twice": "<?xml version='1.0'?>\n<?xml version='1.0'?>",
    "declaration_never_closed_well": "<?xml version='1.0' >",
    "style_sheet": "<?xml-stylesheet href='a>b'?>",
    "comment": "<!-- a <feed> of ours -->",
    "open_comment": "<!-- ",
    "warning": "Warning: mysql_connect() in /var/www <br> on line 3\n",
    "document_type": "<!DOCTYPE rss PUBLIC '-//Netscape//DTD' 'http://my.netscape.example/rss.dtd'>",
    "subset": "<!DOCTYPE rss [ <!ENTITY a 'b'> ] >",
}


@pytest.mark.parametrize(
    "head", [head for name, head in HEADS.items() if name != "warning"], ids=[name for name in HEADS if name != "warning"]
)
def test_a_document_begins_at_its_root(head: str) -> None:
    found = source_of((head + titled("a")).encode(), content_type=None)
    assert isinstance(found, Source)
    assert (found.text, found.root) == (titled("a"), "rss")


def test_a_root_is_named_without_its_prefix() -> None:
    found = source_of(b"<rdf:RDF xmlns:rdf='r'/>", content_type=None)
    assert isinstance(found, Source)
    assert found.root == "rdf"


@pytest.mark.parametrize("head", ["<!--", "<!DOCTYPE [", "<!DOCTYPE x>", "<!", "<?", "\n", "]", "<!DOCTYPE x [ ]"])
def test_heads_are_looked_through_once(head: str) -> None:
    found = source_of((head * 200_000 + titled("a")).encode(), content_type=None)
    assert isinstance(found, Source)
    assert found.root in ("rss", "")


def test_too_large_a_body_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BODY_BYTES", 100)
    found = source_of(b"<rss>" + b" " * 100, content_type=None)
    assert isinstance(found, Unparsed)
    assert found.reason == "too_large"
