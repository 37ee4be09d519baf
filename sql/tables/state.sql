-- One row per fact that the warehouse keeps of itself.
create table if not exists store.state (
    name varchar not null,
    value varchar not null,
);
comment on table store.state is 'What the warehouse keeps of itself.';
comment on column store.state.name is 'schema: the SQL it was made by; outlets: the table of known outlets it holds; decisions: the file of decisions that its feeds follow.';
comment on column store.state.value is 'Digest.';
