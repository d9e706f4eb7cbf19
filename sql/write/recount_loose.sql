-- roll_loose from the facts.
INSERT INTO roll_loose
SELECT coalesce(a.tx, a.place), x.rule, k.host, sum(a.count), min(a.time), max(a.time)
FROM fact_attempt a JOIN dim_line k ON k.id = a.line JOIN text x ON x.id = a.text
LEFT JOIN fact_transaction t ON t.id = coalesce(a.tx, a.place)
WHERE k.flags & 5 = 1 AND x.rule AND NOT EXISTS (SELECT 1 FROM fact_mail m WHERE m.id = coalesce(t.mail, t.id, a.tx, a.place))
GROUP BY 1, 2
