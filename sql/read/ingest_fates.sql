-- Mails that a rule warned about, by fate: the first, in the order of the table of fates, of their warned recipients.
SELECT f.name, f.loses, count(*) AS mails FROM
  (SELECT min(r.fate) AS fate FROM fact_recipient r JOIN text x ON x.id = r.text WHERE x.rule > 0 GROUP BY r.mail) m
JOIN fate f ON f.id = m.fate
GROUP BY f.id ORDER BY f.id
