-- Is it one that the rule warned about?
SELECT 1 FROM fact_recipient r
WHERE r.mail = :mail AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule) LIMIT 1
