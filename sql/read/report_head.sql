-- The window: from the first to the last stamp of all streams, or what --since and --until leave of it.
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', a / 1000000, 'unixepoch') AS from_time,
  strftime('%Y-%m-%dT%H:%M:%SZ', b / 1000000, 'unixepoch') AS to_time, printf('%.1f', (b - a) / 86400000000.0) AS days,
  streams, unsure,
  (SELECT group_concat(name, ' ') FROM (SELECT h.name FROM host h WHERE h.id IN (SELECT host FROM span) ORDER BY 1)) AS hosts,
  (SELECT count(*) FROM hole) AS holes, strftime('%Y-%m-%dT%H:%M:%SZ', first / 1000000, 'unixepoch') AS first_time,
  strftime('%Y-%m-%dT%H:%M:%SZ', last / 1000000, 'unixepoch') AS last_time, coalesce(a > b, 0) AS empty
FROM (SELECT max(first, coalesce(:since, first)) AS a, min(last, coalesce(:until, last)) AS b, *
  FROM (SELECT min(first_stamp) AS first, max(last_stamp) AS last, count(*) AS streams, sum(unsure) AS unsure FROM generation))
