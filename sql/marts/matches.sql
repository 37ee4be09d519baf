-- One row per compared pair of versions that said something; reads from b to a.
create or replace view matches as
select * from store.matches;
comment on view matches is 'Every compared pair of versions that said something. Reads from b to a: b is a copy of a.';
