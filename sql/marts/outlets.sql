-- One row per site and outlet that an article came from.
create or replace view outlets as
with

seen as (
    select distinct site, outlet from store.versions where site is not null or outlet is not null
),

outlets as (
    select
        seen.site,
        coalesce(seen.outlet, known_outlets.outlet) as outlet,
        known_outlets.publisher,
        known_outlets.country,
        known_outlets.language,
    from seen
    left join store.known_outlets as known_outlets on known_outlets.site = seen.site
)

select distinct * from outlets;
comment on view outlets is 'One row a site and outlet that an article came from.';
comment on column outlets.site is 'Registrable domain; null where the input had no URL.';
comment on column outlets.outlet is 'Name of the outlet, as given, else as the newsroom knows it.';
