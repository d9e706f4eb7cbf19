-- Stretches for which we hold a host's log: a stream holds the log of each host that the same log has ever named, whether
-- it spoke just then or not, since silence is no hole. joined: the end of the stream that this one continues.
SELECT h.name AS host, g.first_stamp, g.last_stamp, (SELECT o.last_stamp FROM generation o WHERE o.gen = g.follows) AS joined
FROM (SELECT DISTINCT p.host, g.log FROM span p JOIN generation g ON g.gen = p.gen) l
JOIN generation g ON g.log = l.log JOIN host h ON h.id = l.host
WHERE g.first_stamp IS NOT NULL
ORDER BY h.name, g.first_stamp
