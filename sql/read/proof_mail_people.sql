-- Who would lose a mail by a rule.
SELECT r.recipient FROM fact_recipient r
WHERE r.mail = :mail AND r.fate <= 3
  AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
