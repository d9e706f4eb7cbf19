-- Is there such a rule, and from when to when was the log read?
SELECT r.id IS NOT NULL AS known, r.title, g.first, g.last
FROM (SELECT min(first_stamp) AS first, max(last_stamp) AS last FROM generation) g
LEFT JOIN dim_rule r ON r.name = :rule
