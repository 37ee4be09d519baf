"""A WARC file says the same in any framing, from its first record that is irregular on as well."""

from __future__ import annotations

import gzip
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

import pytest
import synthetic_news as made

from tasks.core.errors import InputError
from tasks.core.ids import payload_digest
from tasks.core.records import Declined, RawRecord
from tasks.warc import Place, read_warc, warc_items

WITH_A_FOLD = made.bare_record(
    ("WARC-Type", "resource"), ("WARC-Target-URI", "https://a.example/fold"), ("WARC-Date", "2026-03-01T08:00:00Z"), ("Content-Type", "text/\r\n plain"),
    ("Content-Length", "4"), block=b"fold",
)  # fmt: skip
IN_BRACKETS = made.bare_record(
    ("WARC-Type", "resource"), ("WARC-Target-URI", "<https://a.example/wget>"), ("WARC-Date", "2026-03-01T08:00:00Z"), ("Content-Length", "4"), block=b"wget"
)  # fmt: skip
WITHOUT_A_DATE = made.bare_record(
    ("WARC-Type", "resource"), ("WARC-Target-URI", "https://a.example/undated"), ("Content-Length", "1"), block=b"x"
)


def page(number: int) -> bytes:
    return made.warc_record("response", url=f"https://a.example/{number}", payload=b"<p>%d" % number * 400, number=number)


RECORDS = {
    "all regular": [page(1), page(2), page(3)],
    "a folded line": [page(1), WITH_A_FOLD, page(2)],
    "an address in brackets first": [IN_BRACKETS, page(1)],
    "one without a date": [page(1), WITHOUT_A_DATE, page(2)],
    "two in one member": [page(1), page(2) + page(3), page(4)],
    "one of many megabytes": [page(1), made.warc_record("resource", url="https://a.example/big", payload=bytes(6 << 20)), page(2)],
}


def read(path: Path) -> tuple[list[RawRecord | Declined], str | None]:
    found: list[RawRecord | Declined] = []
    try:
        for item in read_warc(path):
            found.append(
                item if isinstance(item, Declined) else replace(item, capture=replace(item.capture, segment="", segment_offset=None))
            )
    except InputError as error:
        return found, error.reason
    return found, None


@pytest.mark.parametrize("records", RECORDS.values(), ids=RECORDS)
def test_a_file_of_members_says_what_it_says_uncompressed(tmp_path: Path, records: list[bytes]) -> None:
    plain, gzipped, padded = tmp_path / "a.warc", tmp_path / "b.warc.gz", tmp_path / "c.warc.gz"
    plain.write_bytes(b"".join(records))
    gzipped.write_bytes(made.members(records))
    padded.write_bytes(made.members(records) + bytes(70_000))
    assert read(gzipped) == read(padded) == read(plain)
    assert len(read(plain)[0]) >= 2


@pytest.mark.parametrize("name", ["all regular", "a folded line"])
def test_each_record_of_a_member_of_its_own_lies_where_its_offset_says(tmp_path: Path, name: str) -> None:
    path, records = tmp_path / "a.warc.gz", RECORDS[name]
    path.write_bytes(made.members(records))
    starts = [0, *accumulate(len(made.members([record])) for record in records)]
    assert [item.capture.segment_offset for item in read_warc(path) if isinstance(item, RawRecord)] == starts[:-1]


def test_of_a_file_that_was_cut_anywhere_in_its_last_member_the_others_are_read(tmp_path: Path) -> None:
    path, last = tmp_path / "a.warc.gz", made.members([page(3)])
    for cut in range(1, len(last)):
        path.write_bytes(made.members([page(1), page(2)]) + last[:cut])
        found, reason = read(path)
        assert (len(found) >= 2, reason) == (True, "truncated"), cut


def test_what_follows_the_last_member_and_is_no_gzip_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(made.members([page(1), page(2)]) + b"something else")
    found, reason = read(path)
    assert (len(found), reason) == (2, "not_warc")


def test_a_member_whose_checksum_is_wrong_ends_the_file(tmp_path: Path) -> None:
    path, member = tmp_path / "a.warc.gz", bytearray(gzip.compress(page(2), mtime=0))
    member[-6] ^= 1
    path.write_bytes(made.members([page(1)]) + bytes(member) + made.members([page(3)]))
    found, reason = read(path)
    assert (len(found), reason) == (1, "not_warc")


@pytest.mark.parametrize(("said", "is_own", "is_taken"), [("sha256:0", True, True), ("sha256:0", False, False), ("md5:0", True, False)])
def test_a_digest_is_taken_as_it_stands_in_our_own_segments_where_doctor_can_tell(
    tmp_path: Path, said: str, is_own: bool, is_taken: bool
) -> None:
    block = b"A short report."
    head = (
        "WARC/1.1\r\nWARC-Type: resource\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000001>\r\n"
        "WARC-Target-URI: https://a.example/report\r\nWARC-Date: 2026-03-05T08:00:00Z\r\n"
        f"WARC-Payload-Digest: {said}\r\nContent-Type: text/plain\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    file = tmp_path / "00000001.warc.gz"
    file.write_bytes(gzip.compress(head.encode() + block + b"\r\n\r\n"))
    (record,) = warc_items(file, Place(segment="", segment_no=1, is_own=is_own))
    assert isinstance(record, RawRecord)
    assert record.capture.digest == (said if is_taken else payload_digest(block))
