-- The stretch of the forecast: the last 7 days before the log's end, or less if the log is shorter; and the host that warned last.
SELECT max(e.time - 7 * 86400000000, (SELECT min(first_stamp) FROM generation)) AS from_us, e.time AS to_us,
  (SELECT h.name FROM roll_domain_day d JOIN host h ON h.id = d.host JOIN dim_rule ru ON ru.id = d.rule
   WHERE ru.name = :rule ORDER BY d.last_warned DESC, h.name LIMIT 1) AS host
FROM log_end e
