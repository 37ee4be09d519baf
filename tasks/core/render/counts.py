"""What a command or flow did, as one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def loaded_line(values: Mapping[str, Any]) -> str:
    """Return what a load did; `values` are the fields of its result."""
    known = f", {values['captures_known']} known already" if values["captures_known"] else ""
    failed = f", {len(values['failed'])} not readable" if values["failed"] else ""
    return (
        f"{values['inputs']} inputs: {values['captures_new']} captures new{known}{failed}; {values['articles_new']} articles, "
        f"{values['versions_new']} versions, {values['stories_new']} stories, {values['copies_new']} copies new; {values['rejected']} pages rejected"
    )


def polled_line(values: Mapping[str, Any]) -> str:
    """Return what a round of polling did."""
    return (
        f"{values['feeds_due']} feeds due: {values['feeds_new']} new, {values['feeds_unchanged']} unchanged, {values['feeds_failed']} failed; "
        f"{values['entries_new']} entries new; {values['pages_fetched']} pages, {values['pages_later']} to be tried again, {values['pages_failed']} given up; "
        f"{values['articles_new']} articles, {values['versions_new']} versions, {values['stories_new']} stories, {values['copies_new']} copies new; "
        f"{values['requests']} requests"
    )


def backfilled_line(values: Mapping[str, Any]) -> str:
    """Return what a backfill did."""
    failed = f", {values['partitions_failed']} failed" if values["partitions_failed"] else ""
    skipped = f", {values['partitions_skipped']} done before" if values["partitions_skipped"] else ""
    known = f", {values['captures_known']} known already" if values["captures_known"] else ""
    unread = f", {len(values['failed'])} not readable" if values["failed"] else ""
    return (
        f"{values['partitions_done']} partitions done{failed}{skipped}; {values['inputs']} inputs: {values['captures_new']} captures new{known}{unread}; "
        f"{values['articles_new']} articles, {values['versions_new']} versions, {values['stories_new']} stories, {values['copies_new']} copies new; "
        f"{values['rejected']} pages rejected"
    )


def ingested_line(values: Mapping[str, Any]) -> str:
    """Return what an ingest did."""
    failed = f"; {values['failed']} set aside in inbox/failed" if values["failed"] else ""
    return f"{values['records']} records in {values['batches']} batches ingested{failed}"


def counts_line(values: Mapping[str, Any]) -> str:
    """Return what is new in a batch: only what is more than nothing."""
    named = {
        "captures_new": "captures", "articles_new": "articles", "versions_new": "versions", "stories_new": "stories", "copies_new": "copies",
        "entries_new": "entries of feeds", "rejected": "pages rejected",
    }  # fmt: skip
    return ", ".join(f"{values[name]} {what}" for name, what in named.items() if values[name]) or "nothing new"


def replayed_line(values: Mapping[str, Any], *, is_swapped: bool = True) -> str:
    """Return what a replay did, and what it changed where that was looked at."""
    done = f"{values['records']} records in {values['batches']} batches replayed"
    if not values["differences"]:
        return done
    changed = [entry for entry in values["differences"] if entry["gone"] or entry["come"]]
    told = ", ".join(f"{entry['table']} -{entry['gone']} +{entry['come']}" for entry in changed) or "all tables are the same"
    return f"{done}; {told}" + ("" if is_swapped else "; the old warehouse stays")
