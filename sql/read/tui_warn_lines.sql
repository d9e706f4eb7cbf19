-- What lines that warn have in common, and the texts of a rule: sort 0 and 1.
SELECT 0 AS sort, id FROM dim_line WHERE flags & 1
UNION ALL SELECT 1, x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule
