-- One row per pair of neighbouring versions of an article that was compared.
create table if not exists store.edits (
    version_id varchar not null,
    previous_version_id varchar not null,
    edit_class varchar not null,
    words_added integer not null,
    words_removed integer not null,
);
comment on table store.edits is 'What changed from one version of an article to another.';
comment on column store.edits.version_id is 'The later version.';
comment on column store.edits.previous_version_id is 'The version before it.';
comment on column store.edits.edit_class is 'punctuation, title_only, reordered, replacement, minor (ten words or fewer), addition, cut or revision.';
comment on column store.edits.words_added is 'Words that came, title included; a lone word between two changes counts as changed.';
comment on column store.edits.words_removed is 'Words that went, counted likewise.';
