SELECT r.mail, r.recipient, x.rule, r.fate, m.day, coalesce(c.source, 0) AS source
FROM fact_recipient r
JOIN fact_mail m ON m.id = r.mail
JOIN text x ON x.id = r.text
LEFT JOIN client c ON c.id = m.client
ORDER BY r.mail, r.recipient
