"""Bytes to text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.pages.decode import NOT_IN_XML, decoded, is_binary, sound_source
from tasks.core.pages.tree import parsed_tree

CASES = {
    "UTF-8": ("Žižkov – “yes”".encode(), None, "Žižkov – “yes”"),
    "UTF-8 under a wrong label": ("Žižkov".encode(), "iso-8859-1", "Žižkov"),
    "windows-1250 under its label": ("Žižkov".encode("cp1250"), "windows-1250", "Žižkov"),
    "latin-1 in a meta": (b"<meta charset='iso-8859-1'>caf\xe9", None, "<meta charset='iso-8859-1'>café"),
    "windows-1252 without a label": (
        "The café “Zur Brücke” is où il était, mañana, naïve façade".encode("cp1252"),
        None,
        "The café “Zur Brücke” is où il était, mañana, naïve façade",
    ),
    "a byte order mark": (b"\xef\xbb\xbfyes", "koi8-r", "yes"),
    "UTF-16 with a mark": ("yes, Žižkov".encode("utf-16"), None, "yes, Žižkov"),
    "UTF-16 without a mark": ("The harbour was closed".encode("utf-16-le"), None, "The harbour was closed"),
    "Japanese in seven bits": ("日本".encode("iso-2022-jp"), "iso-2022-jp", "日本"),
    "a character cut off at the end": ("“the café".encode()[:-1], None, "“the caf"),
    "controls and icons": (b"a\x00\x08b\xf3\xb0\x80\x81c", "utf-8", "abc"),
    "an unknown label": (b"yes", "x-no-such-charset", "yes"),
}


@pytest.mark.parametrize(("body", "charset", "text"), list(CASES.values()), ids=list(CASES))
def test_bytes_are_read_in_their_charset(body: bytes, charset: str | None, text: str) -> None:
    assert decoded(body, charset) == text


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "utf-16", "shift_jis", "rot13", "hex", "idna", ""]))
def test_any_bytes_under_any_label_give_text_that_a_tree_can_hold(body: bytes, charset: str | None) -> None:
    text = decoded(body, charset)
    assert not set(text) & {"\x00", "\x08", "\ufffe", "\uffff"}
    text.encode("utf-8")


@pytest.mark.parametrize(
    ("body", "binary"),
    [(b"plain text", False), ("ruhig".encode("utf-16"), False), (b"%PDF-1.4", True), (b"a\0b\0\0c" * 9, True)],
    ids=["text", "utf-16", "pdf", "zeros"],
)
def test_binary_is_told_from_text(body: bytes, binary: bool) -> None:
    assert is_binary(body) is binary


REFERENCES = {
    "a form feed": ("a\fb", "a b"),
    "a reference to a form feed": ("a&#12;b&#x0C;c", "a b c"),
    "controls": ("a&#1;b&#x1F;c&#0000011d", "a b c d"),
    "a reference that a letter follows": ("a&#12ab", "a ab"),
    "no characters, and private ones": ("a&#xFFFE;b&#xD800;c&#xF0000;d&#1114112;e", "a b c d e"),
    "one within another": ("a&#&#1;12;b", "a&# 12;b"),
    "sound ones": ("a&#39;b&#x2019;c&#8220d&#9;&amp;#12;", "a&#39;b&#x2019;c&#8220d&#9;&amp;#12;"),
    "digits without end": ("&#" + "0" * 9_000 + "1;&#" + "9" * 9_000 + ";", " &#" + "9" * 9_000 + ";"),
}


@pytest.mark.parametrize(("source", "wanted"), REFERENCES.values(), ids=REFERENCES)
def test_references_to_characters_that_no_tree_holds_are_spaces(source: str, wanted: str) -> None:
    assert sound_source(source) == wanted


@given(st.text("&#xX0123456789abcF;\f \x01<", max_size=60))
def test_a_tree_of_a_sound_source_can_be_written_to(source: str) -> None:
    tree = parsed_tree(f"<p>{sound_source(decoded(source.encode(), 'utf-8'))}</p>")
    for element in [] if tree is None else tree.iter():
        assert not NOT_IN_XML.search(f"{element.text or ''}{element.tail or ''}")
        element.text = element.text
