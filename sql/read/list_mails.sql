-- One row a mail and rule with a warned recipient; with :all also mails that only other action lines are known of.
SELECT m.first_time, m.last_time, m.host, m.sender,
  (SELECT json_group_array(json_object('recipient', CAST(ad.text AS TEXT), 'fate', f.name))
   FROM (SELECT min(r.shown) AS shown, min(r.fate) AS fate FROM fact_recipient r JOIN text w ON w.id = r.text
     LEFT JOIN address fo ON fo.id = r.recipient
     WHERE r.mail = m.id AND w.rule = m.rule_id GROUP BY r.recipient ORDER BY fo.text) x
   LEFT JOIN address ad ON ad.id = x.shown JOIN fate f ON f.id = x.fate) AS recipients,
  m.source, m.rule,
  (SELECT json_group_array(ip) FROM (SELECT ip, min(t.id) AS first FROM fact_transaction t JOIN client c ON c.id = t.client
     WHERE t.id = m.id OR t.mail = m.id GROUP BY ip
     UNION SELECT m.client_ip, m.id WHERE NOT EXISTS
       (SELECT 1 FROM fact_transaction t JOIN client c ON c.id = t.client WHERE (t.id = m.id OR t.mail = m.id) AND c.ip = m.client_ip)
     ORDER BY first)) AS client_ips,
  m.transactions, m.attempts, m.message_id, m.queue_id, m.fate, m.would_be_lost, m.spf, m.dkim, m.dmarc, m.spam_verdict,
  m.verdict
FROM mail m
WHERE (:since IS NULL OR m.first_us >= :since) AND (:until IS NULL OR m.first_us < :until)
  AND (:source IS NULL OR m.source = :source) AND (:rule IS NULL OR m.rule = :rule)
  AND (:sender IS NULL OR lower(m.sender) = lower(:sender)
       OR (:sender LIKE '@%' AND lower(substr(m.sender, -length(:sender))) = lower(:sender)))
  AND (:client IS NULL OR m.client_ip = :client OR lower(m.client_name) = lower(:client))
  AND (:recipient IS NULL OR m.id IN (SELECT r.mail FROM fact_recipient r JOIN address ad ON ad.id = r.shown
       WHERE lower(ad.text) = lower(:recipient)
          OR (:recipient LIKE '@%' AND lower(substr(ad.text, -length(:recipient))) = lower(:recipient))))
  AND (:fate IS NULL OR m.fate = :fate)
UNION ALL
SELECT min(a.time), max(a.time), a.host, a.sender,
  json_group_array(json_object('recipient', CAST(a.recipient AS TEXT), 'fate',
    CASE a.code / 100 WHEN 5 THEN 'refused' WHEN 4 THEN 'tempfailed' END)),
  a.source, NULL, json_array(a.client_ip), count(DISTINCT a.place), count(*), max(a.message_id), max(a.queue_id),
  NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM attempt a
WHERE :all AND a.mail NOT IN (SELECT id FROM fact_mail)
  AND :rule IS NULL AND :fate IS NULL
  AND (:since IS NULL OR a.time_us >= :since) AND (:until IS NULL OR a.time_us < :until)
  AND (:source IS NULL OR a.source = :source)
  AND (:sender IS NULL OR lower(a.sender) = lower(:sender)
       OR (:sender LIKE '@%' AND lower(substr(a.sender, -length(:sender))) = lower(:sender)))
  AND (:recipient IS NULL OR lower(a.recipient) = lower(:recipient)
       OR (:recipient LIKE '@%' AND lower(substr(a.recipient, -length(:recipient))) = lower(:recipient)))
  AND (:client IS NULL OR a.client_ip = :client OR lower(a.client_name) = lower(:client))
GROUP BY a.mail
ORDER BY 1, 2, 4
LIMIT :limit
