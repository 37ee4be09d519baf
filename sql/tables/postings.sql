-- One row per sampled shingle of a version in the index of copies.
create table if not exists store.postings (
    shingle ubigint not null,
    document_no integer not null,
    counted_story_id varchar,
);
comment on table store.postings is 'Which version holds which sampled shingle.';
comment on column store.postings.shingle is '64-bit hash of five words.';
comment on column store.postings.document_no is 'The version that holds it.';
comment on column store.postings.counted_story_id is 'The story it counts for; null: the story of its own article.';
