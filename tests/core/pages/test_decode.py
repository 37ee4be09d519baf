"""Bytes to text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.pages.decode import decoded, is_binary

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
