-- Stretches for which we hold a host's log: a stream holds the log of each host that the same log names, whether it spoke
-- just then or not, since silence is no hole. A log with less than a tenth of a host's lines is not where the host logs.
-- joined: the end of the stream that this one continues.
WITH said AS (SELECT p.host, g.log, sum(p.lines) AS lines FROM span p JOIN generation g ON g.gen = p.gen GROUP BY p.host, g.log)
SELECT h.name AS host, g.first_stamp, g.last_stamp, (SELECT o.last_stamp FROM generation o WHERE o.gen = g.follows) AS joined
FROM said l
JOIN generation g ON g.log = l.log
JOIN host h ON h.id = l.host
WHERE g.first_stamp IS NOT NULL AND l.lines * 10 >= (SELECT sum(t.lines) FROM said t WHERE t.host = l.host)
ORDER BY h.name, g.first_stamp
