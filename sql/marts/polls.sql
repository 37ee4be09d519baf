-- One row per request.
create or replace view polls as
select * from store.polls;
comment on view polls is 'Our own doings: a row a request, for feeds, pages and robots.txt.';
