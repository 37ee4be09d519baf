"""What each flow takes, as its form in Prefect's interface shows it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class RunParameters(BaseModel):
    """What every flow takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: str | None = Field(default=None, title="Home", description="Folder of all state; empty: COPYDESK_HOME, else copydesk-data")
    workers: int | None = Field(
        default=None, ge=1, title="Readers", description="Processes that read pages; empty: one a core, eight at most"
    )


class LoadParameters(RunParameters):
    paths: list[str] = Field(min_length=1, title="Files, folders or patterns", description=".txt .html .jsonl(.gz) .parquet .warc(.gz)")
    outlet: str | None = Field(default=None, title="Outlet", description="Of inputs that name none")
    in_place: bool = Field(default=False, title="In place", description="Register WARC files where they lie instead of copying them")


class PollParameters(RunParameters):
    feeds: list[str] = Field(default=[], title="Feeds", description="Addresses or OPML files: only these; empty: all that are due")
    pages: bool = Field(default=False, title="Pages", description="Ask for the pages of new entries as well")


class BackfillParameters(RunParameters):
    specs: list[str] = Field(
        min_length=1,
        title="What to take",
        description="Archives: files, folders or patterns; urls:FILE; sitemap:URL. What was done before is left out",
    )
    since: str | None = Field(default=None, title="Since", description="Captured, else published, at or after, ISO 8601")
    until: str | None = Field(default=None, title="Until", description="Captured, else published, before, ISO 8601")
    in_place: bool = Field(default=False, title="In place", description="Register WARC files where they lie instead of copying them")


class ReplayParameters(RunParameters):
    swap: bool = Field(default=True, title="Swap", description="Put the new warehouse in the old one's place; off: only compare them")
    keep_old: bool = Field(
        default=True, title="Keep the old", description="It stays as warehouse.old.duckdb until `copydesk replay --drop-old`"
    )


ANY = RunParameters()
DUE = PollParameters()
REPLAY = ReplayParameters()
