-- One row per outlet that the newsroom knows; from seeds/outlets.csv, made again when that file changes.
create table if not exists store.known_outlets (
    site varchar not null,
    outlet varchar,
    publisher varchar,
    country varchar,
    language varchar,
);
comment on table store.known_outlets is 'What the newsroom knows of outlets.';
comment on column store.known_outlets.site is 'Registrable domain.';
comment on column store.known_outlets.outlet is 'Name of the outlet.';
comment on column store.known_outlets.publisher is 'Who publishes it; editions of one publisher count once.';
comment on column store.known_outlets.country is 'Two-letter country code.';
comment on column store.known_outlets.language is 'Two-letter language code.';
