-- The last mails of this client and sender that the rule warned about, with what became of each recipient.
SELECT strftime('%Y-%m-%dT%H:%M:%SZ', m.first_time / 1000000, 'unixepoch') AS time, ra.text AS recipient, f.name AS fate,
  f.loses AS would_be_lost
FROM fact_mail m
JOIN (SELECT r.mail, r.recipient, min(r.shown) AS shown, min(r.fate) AS fate FROM fact_recipient r
      WHERE r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
      GROUP BY r.mail, r.recipient) q ON q.mail = m.id
JOIN fate f ON f.id = q.fate
LEFT JOIN address ra ON ra.id = q.shown
WHERE m.sender IN (SELECT a.id FROM address a LEFT JOIN address g ON g.id = a.fold WHERE coalesce(g.text, a.text) = :sender)
  AND m.client IN (SELECT c.id FROM client c WHERE c.ip IN (:ip, :other))
  AND (:recipient IS NULL OR ra.text = :recipient OR lower(ra.text) = lower(:recipient))
ORDER BY m.first_time DESC, m.id DESC, 2
LIMIT :limit
