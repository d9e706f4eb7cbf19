-- Suspect lines and canaries' of roll_line from the facts.
INSERT INTO roll_line
SELECT s.sort, a.place
FROM fact_attempt a JOIN dim_line k ON k.id = a.line JOIN (SELECT 0 AS sort, 4 AS flag UNION ALL SELECT 1, 16) s ON k.flags & s.flag
WHERE EXISTS (SELECT 1 FROM dim_line WHERE flags & 20) AND k.flags & 20
