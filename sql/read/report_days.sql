-- Mails that a rule warned about by the local day of their first attempt, and how many of them would be lost.
SELECT m.day, count(*) AS mails, sum(f.loses) AS lost
FROM (SELECT r.mail, min(r.fate) AS fate FROM fact_recipient r
      WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
      GROUP BY r.mail) q
JOIN fact_mail m ON m.id = q.mail
JOIN fate f ON f.id = q.fate
LEFT JOIN address sa ON sa.id = m.sender
LEFT JOIN domain d ON d.id = sa.domain
WHERE (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
  AND (:domain IS NULL OR d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(null sender)' AND d.id IS NULL) OR (:domain = '(no domain)' AND d.name = ''))
GROUP BY m.day
ORDER BY m.day
