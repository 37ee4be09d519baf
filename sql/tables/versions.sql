-- One row per version: one text of one article. What the public tables say of articles and versions is derived from it.
create table if not exists store.versions (
    version_id varchar not null using compression uncompressed,
    article_id varchar not null,
    source_id varchar,
    url varchar,
    declared_canonical_url varchar,
    site varchar,
    outlet varchar,
    title varchar,
    dek varchar using compression zstd,
    authors varchar[],
    agency varchar,
    agency_evidence varchar,
    dateline_place varchar,
    dateline_date date,
    republished_from varchar,
    contributors varchar[],
    language varchar,
    text varchar using compression zstd,
    extractor_version varchar not null,
    word_count integer not null,
    is_live_blog boolean not null,
    published_at timestamptz,
    published_date date,
    published_raw varchar,
    published_source varchar,
    modified_at timestamptz,
);
comment on table store.versions is 'One text of one article, as the first capture that held it said it.';
comment on column store.versions.version_id is 'Of article_id and the digest of normalized title and text.';
comment on column store.versions.article_id is 'Of the final URL, normalized, else of what the input is known by.';
comment on column store.versions.source_id is 'What the input calls it.';
comment on column store.versions.url is 'The final URL as received; null where the input had none.';
comment on column store.versions.declared_canonical_url is 'Canonical URL that the page declares, absolute; on another site it is evidence of origin.';
comment on column store.versions.site is 'Registrable domain of the URL.';
comment on column store.versions.outlet is 'Outlet as given with the input; null where none was.';
comment on column store.versions.title is 'Title as the page shows it.';
comment on column store.versions.dek is 'Standfirst.';
comment on column store.versions.authors is 'Who wrote it, as printed, without roles.';
comment on column store.versions.agency is 'Agency that the text credits for itself.';
comment on column store.versions.agency_evidence is 'Where it does: dateline_tag, credit_line, contributor_line, copyright_line, byline.';
comment on column store.versions.dateline_place is 'Place of the dateline, as printed.';
comment on column store.versions.dateline_date is 'Day of the dateline.';
comment on column store.versions.republished_from is 'Who the text says it appeared in first.';
comment on column store.versions.contributors is 'Persons named in contributor lines.';
comment on column store.versions.language is 'Language, two letters where known by such a code.';
comment on column store.versions.text is 'Body: its blocks joined by blank lines.';
comment on column store.versions.extractor_version is 'What read the page; texts of two extractors are not compared.';
comment on column store.versions.word_count is 'Words of the text.';
comment on column store.versions.is_live_blog is 'Whether it is a live blog.';
comment on column store.versions.published_at is 'When it was published; null if only a day is known.';
comment on column store.versions.published_date is 'Day of publication in the zone of the page.';
comment on column store.versions.published_raw is 'Date of publication as the page or the input gives it.';
comment on column store.versions.published_source is 'Where that stood: json_ld, meta, time_tag, printed, htmldate, given.';
comment on column store.versions.modified_at is 'When the page says it was last modified.';
