INSERT INTO roll_domain_day (rule, host, domain, day, warned, refused, deferred, first_warned, last_warned,
  first_refused, last_refused)
SELECT c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11 FROM bulk(:rows) WHERE true
ON CONFLICT (rule, host, domain, day) DO UPDATE SET warned = warned + excluded.warned,
  refused = refused + excluded.refused, deferred = deferred + excluded.deferred,
  first_warned = coalesce(min(first_warned, excluded.first_warned), first_warned, excluded.first_warned),
  last_warned = coalesce(max(last_warned, excluded.last_warned), last_warned, excluded.last_warned),
  first_refused = coalesce(min(first_refused, excluded.first_refused), first_refused, excluded.first_refused),
  last_refused = coalesce(max(last_refused, excluded.last_refused), last_refused, excluded.last_refused)
