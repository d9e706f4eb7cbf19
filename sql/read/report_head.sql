-- The window: from the first to the last stamp of all streams, or what --since and --until leave of it.
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(min(first_stamp), coalesce(:since, 0)) / 1000000, 'unixepoch') AS from_time,
  strftime('%Y-%m-%dT%H:%M:%SZ', min(max(last_stamp), coalesce(:until, 9e18)) / 1000000, 'unixepoch') AS to_time,
  (min(max(last_stamp), coalesce(:until, 9e18)) - max(min(first_stamp), coalesce(:since, 0))) / 86400000000.0 AS days,
  count(*) AS streams, sum(unsure) AS unsure,
  (SELECT group_concat(name, ' ') FROM (SELECT h.name FROM host h WHERE h.id IN (SELECT host FROM span) ORDER BY 1)) AS hosts,
  (SELECT count(*) FROM hole) AS holes
FROM generation
