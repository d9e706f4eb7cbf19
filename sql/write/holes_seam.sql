-- Between two streams of a host nothing proves that no line is missing, unless their names are adjacent.
INSERT INTO hole (host, gen, from_time, to_time, cause, derived)
SELECT host, gen, before, first_time, 'not joined', 1
FROM (SELECT p.host, p.gen, p.first_time, g.follows, max(p.last_time) OVER
        (PARTITION BY p.host ORDER BY p.first_time, p.gen ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
      FROM span p JOIN generation g ON g.gen = p.gen)
WHERE before IS NOT NULL AND before < first_time AND follows IS NULL
ORDER BY 1, 2
