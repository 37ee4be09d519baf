-- One row per typed piece of a version.
create table if not exists store.blocks (
    version_id varchar not null,
    block_no integer not null,
    type varchar not null,
    text varchar using compression zstd,
    entry_no integer,
);
comment on table store.blocks is 'The typed pieces of each version, in the order of the page.';
comment on column store.blocks.version_id is 'The version it is part of.';
comment on column store.blocks.block_no is 'Its place on the page, from 0.';
comment on column store.blocks.type is 'paragraph, heading, list_item, quote, table, live_entry_heading: body; other types stand beside it.';
comment on column store.blocks.text is 'Its text as printed.';
comment on column store.blocks.entry_no is 'Which entry of a live blog, from 1; null elsewhere.';
