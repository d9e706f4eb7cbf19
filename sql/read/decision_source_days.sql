-- On which local days each source had warned mail, and whether any of it would be lost.
SELECT dense_rank() OVER (ORDER BY source) AS source, day, max(lost) AS lost
FROM (SELECT so.name AS source, m.day, f.loses AS lost
  FROM fact_recipient r
  JOIN text x ON x.id = r.text
  JOIN dim_rule ru ON ru.id = x.rule
  JOIN fact_mail m ON m.id = r.mail
  JOIN client c ON c.id = m.client
  JOIN dim_source so ON so.id = c.source
  JOIN fate f ON f.id = r.fate
  LEFT JOIN address sa ON sa.id = m.sender
  LEFT JOIN domain d ON d.id = sa.domain
  WHERE ru.name = :rule AND (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
    AND (:domain IS NULL OR d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
      OR (:domain = '(null sender)' AND d.id IS NULL) OR (:domain = '(no domain)' AND d.name = '')))
GROUP BY source, day
ORDER BY source, day
