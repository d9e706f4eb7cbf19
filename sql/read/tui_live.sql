-- The newest action lines, oldest first: of each of the streams that spoke last, so that no index on time is needed.
WITH recent AS MATERIALIZED (SELECT (g.gen << 40) - 1 AS base, max((g.gen << 40) - 1, coalesce((SELECT a.place FROM fact_attempt a
    WHERE a.place BETWEEN g.gen << 40 AND (g.gen << 40) + 1099511627775 ORDER BY a.place DESC LIMIT 1 OFFSET :limit), 0)) AS low
  FROM generation g ORDER BY g.last_stamp DESC LIMIT 4)
SELECT place, time_us, action, fate, sender, recipient, source, client_ip, rule
FROM (SELECT a.* FROM recent r JOIN attempt a ON a.place > r.low AND a.place <= r.base + 1099511627776
      WHERE (:until IS NULL OR a.time_us < :until)
      ORDER BY a.time_us DESC, a.place DESC LIMIT :limit)
ORDER BY time_us, place
