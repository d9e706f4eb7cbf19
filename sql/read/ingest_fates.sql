-- All mails that a rule warned about, by fate.
SELECT f.name, f.loses, m.mails
FROM (SELECT fate, count(*) AS mails
      FROM (SELECT min(fate) AS fate FROM fact_recipient WHERE text IN (SELECT id FROM text WHERE rule > 0) GROUP BY mail)
      GROUP BY fate) m
JOIN fate f ON f.id = m.fate
ORDER BY f.id
