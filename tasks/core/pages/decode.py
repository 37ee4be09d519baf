"""Bytes to text, once: byte order mark, the caller's charset, the page's own, then what decodes.

Labels are read as browsers read them, so exotic Python codecs cannot be asked for.
"""

from __future__ import annotations

import re

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
META_BYTES = 4096  # bytes searched for <meta charset>; the standard asks for 1024, real heads are longer
DETECTION_BYTES = 65_536  # bytes given to the detector
META_CHARSET = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff\ufffe\uffff\U000f0000-\U0010ffff]")  # and the private planes: icons, and marks of ours


def decoded(body: bytes, charset: str | None) -> str:
    """Return the text of a payload, without characters that no XML tree can hold.

    charset      what HTTP or the caller declares; wins over the page's own, not over a byte order mark
    """
    for mark, name in BOMS:
        if body.startswith(mark):
            return _clean(body[len(mark) :].decode(name, errors="replace"))
    found = META_CHARSET.search(body[:META_BYTES])
    declared = [_codec(charset), _codec(found[1].decode("ascii", "ignore") if found else None), "utf-8"]
    candidates = [name for name in declared if name]
    for name in candidates:
        text = _strictly(body, name)
        if text is not None:
            return _clean(text)
    if len(candidates) > 1:
        return _clean(body.decode(candidates[0], errors="replace"))
    detected = _codec(detect_encoding(body[:DETECTION_BYTES])) or "cp1252"
    return _clean(body.decode(detected, errors="replace"))


def is_binary(body: bytes) -> bool:
    """Tell whether a payload is no text in any charset: a picture, an archive, a document."""
    head = body[:HEAD_BYTES]
    if head.startswith(SIGNATURES):
        return True
    return b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")) and head.count(b"\0") * 3 < len(head) - head.count(b"\0") * 0 and not _is_utf_16(head)


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
    return NOT_IN_XML.sub("", text)
