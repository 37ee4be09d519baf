"""Bytes to text, once: byte order mark, UTF-8 if it is UTF-8 whatever its label says, the declared charset, then what decodes.

Labels are read as browsers read them, so exotic Python codecs cannot be asked for.
"""

from __future__ import annotations

import re
import sys

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
META_BYTES = 4096  # bytes searched for <meta charset>; the standard asks for 1024, real heads are longer
DETECTION_BYTES = 65_536  # bytes given to the detector
CONTROLS = bytes(set(range(32)) - set(b"\t\n\f\r\x1b"))  # bytes that hardly any text holds
BINARY_SHARE = 0.02  # of a head: noise has a tenth, a damaged page less than one in a hundred
HEAD_BYTES = 4096  # bytes in which a payload shows that it is binary or UTF-16
MAX_CUT_BYTES = 3  # bytes: a UTF-8 character cut off by the end of a payload
MIN_UTF16_CHARS = 8  # characters
MIN_UTF16_SHARE = 0.4  # share of every second byte that is zero in UTF-16 of a script that uses ASCII spaces and marks
SEVEN_BIT = frozenset({"iso2022_jp"})  # charsets whose bytes are valid UTF-8 and mean something else
SIGNATURES = (
    b"%PDF-",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"BZh",
    b"\xfd7zXZ",
    b"7z\xbc\xaf",
    b"RIFF",
    b"\x7fELF",
    b"\xd0\xcf\x11\xe0",
    b"OggS",
    b"ID3",
    b"wOFF",
    b"wOF2",
    b"\x28\xb5\x2f\xfd",
)
META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
CONTROLS = bytes([*range(0x09), 0x0B, *range(0x0E, 0x20)])
SUSPECT_BYTES = (b"\xed\xa0", b"\xed\xb0", b"\xef\xbf", b"\xf3", b"\xf4")  # how surrogates, U+FFFE and the private planes begin in UTF-8
NOT_IN_XML = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff\ufffe\uffff\U000f0000-\U0010ffff]"
)  # and the private planes: icons, and marks of ours

REFERENCE = re.compile("&#(?:[xX]0*([0-9a-fA-F]{1,6})(?![0-9a-fA-F])|0*([0-9]{1,7})(?![0-9]));?")
FORM_FEED = "\f"  # space in HTML and in texts, but not in XML


def decoded(body: bytes, charset: str | None) -> str:
    """Return the text of a payload, without characters that no XML tree can hold.

    charset      what HTTP or the caller declares; wins over the page's own, not over a byte order mark nor over valid UTF-8
    """
    for mark, name in BOMS:
        if body.startswith(mark):
            return _clean(body[len(mark) :].decode(name, errors="replace"))
    found = META_CHARSET.search(body[:META_BYTES])
    declared = [name for name in (_codec(charset), _codec(found[1].decode("ascii", "ignore") if found else None)) if name]
    text = _utf_16(body) or (None if SEVEN_BIT.intersection(declared[:1]) else _utf_8(body))
    if text is None:
        text = next((text for name in declared if (text := _strictly(body, name)) is not None), None)
    if text is None:
        name = (
            declared[0]
            if declared and not _is_mislabelled(body, declared[0])
            else _codec(detect_encoding(body[:DETECTION_BYTES])) or "cp1252"
        )
        text = body.decode(name, errors="replace")
    return _clean(text)


def sound_source(text: str) -> str:
    """Return a page's source with spaces for form feeds and for references to characters that no XML tree can hold: parsers make them, then trip."""
    text = text.replace(FORM_FEED, " ")
    return REFERENCE.sub(_sound_reference, text) if "&#" in text else text


def _sound_reference(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2])
    is_sound = code <= sys.maxunicode and chr(code) != FORM_FEED and not NOT_IN_XML.match(chr(code))
    return found[0] if is_sound else " "  # "" could make a reference of what stands around it


def _is_mislabelled(body: bytes, name: str) -> bool:
    """Tell whether bytes that call themselves UTF-8 are none: more of what lies beyond ASCII is broken than whole."""
    if name != "utf-8":
        return False
    text = body.decode(name, errors="replace")
    broken = text.count("\ufffd")
    return broken > sum(not letter.isascii() for letter in text) - broken


def is_binary(body: bytes) -> bool:
    """Tell whether a payload is no text in any charset: a picture, an archive, a document. A stray NUL makes no text binary."""
    head = body[:HEAD_BYTES]
    if head.startswith(SIGNATURES):
        return True
    controls = len(head) - len(head.translate(None, CONTROLS))
    is_wide = head.startswith((BOMS[1][0], BOMS[2][0])) or _utf_16_name(head) is not None
    return b"\0" in head and controls > BINARY_SHARE * len(head) and not is_wide


def _utf_8(body: bytes) -> str | None:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        is_cut = len(body) - error.start <= MAX_CUT_BYTES and not body[: error.start].isascii()
        return body[: error.start].decode("utf-8") if is_cut else None


def _utf_16(body: bytes) -> str | None:
    name = _utf_16_name(body[:HEAD_BYTES]) if b"\0" in body[:HEAD_BYTES] else None
    return body.decode(name, errors="replace") if name else None


def _utf_16_name(head: bytes) -> str | None:
    even, odd = head[::2], head[1::2]
    for name, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        is_text = len(low.translate(None, CONTROLS)) == len(low)
        if is_text and len(high) >= MIN_UTF16_CHARS and high.count(0) >= MIN_UTF16_SHARE * len(high):
            return name
    return None


def _codec(label: str | None) -> str | None:
    if not label:
        return None
    name = str(map_encoding_to_html5(label.strip().lower(), fallback_utf8=False) or "")
    return "utf-8" if name.startswith("utf-16") else name or None


def _strictly(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


def _clean(text: str) -> str:
    encoded = text.encode("utf-8", "surrogatepass")  # bytes are looked through ten times faster than characters
    is_clean = len(encoded.translate(None, CONTROLS)) == len(encoded) and not any(start in encoded for start in SUSPECT_BYTES)
    return text if is_clean else NOT_IN_XML.sub("", text)
