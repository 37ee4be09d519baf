"""What to do about a refusal: one short remedy for each reason that an input can be declined for."""

from __future__ import annotations

REMEDIES = {
    "missing": "check the path",
    "no_match": "check the pattern, and quote it only if you mean to",
    "empty_folder": "put files into it, or give another folder",
    "unknown_kind": "rename it by what it holds, or convert it",
    "no_permission": "mend its permissions",
    "unreadable": "restore it from a copy",
    "empty": "remove it, or fetch it again",
    "binary": "remove it, or convert it to text",
    "too_large": "split it",
    "truncated": "what came before was loaded; fetch the file again and load it again",
    "not_warc": "what came before was loaded; check the file with a WARC tool, or fetch it again",
    "not_parquet": "what came before was loaded; restore the file from a copy",
    "bad_record": "the rest was loaded; nothing to do if you can spare it",
    "bad_json": "mend the line and load the file again",
    "bad_encoding": "write the file as UTF-8 and load it again",
    "bad_field": "mend the field and load the file again",
    "bad_sidecar": "mend the sidecar and load the file again",
    "no_body": "give the line a text, html or html_base64",
    "two_bodies": "leave one of them",
}
FETCH_REMEDIES = {
    "address": "give the address of a public server, or name the host in COPYDESK_ALLOW_HOSTS",
    "scheme": "give an address that begins with http:// or https://",
    "dns": "check the spelling of the host",
    "tls": "its certificate is not valid: tell its owner, it is not read without",
    "timeout": "try again later",
    "too_large": "no feed is as large as that: check the address",
    "redirects": "open it in a browser and give the address that it ends on",
}

NO_CONTACT = (
    "COPYDESK_CONTACT is not set: servers see no one to write to, and may close their doors; "
    "set it to an address or a page, there or as `contact` in copydesk.toml"
)
NO_FEEDS = "no feeds on the list; add one with `copydesk feeds add URL`, or a list with `copydesk feeds import OPML`"


def failure_line(path: str, reason: str, detail: str) -> str:
    """Return one line that says what could not be read, where, why, and what to do."""
    remedy = REMEDIES.get(reason)
    return f"{path}: {reason}: {detail}" + (f"; {remedy}" if remedy else "")


def unfetched_line(url: str, reason: str, detail: str) -> str:
    """Return one line that says what could not be had from a server, why, and what to do."""
    remedy = FETCH_REMEDIES.get(reason, "asked again later: `copydesk feeds list` says when, and why then")
    return f"{url}: {reason}: {detail}; {remedy}"
