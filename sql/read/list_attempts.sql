-- Of one stream, in the order of its lines. Asked stream by stream, since one query over all would sort them in memory.
SELECT a.time, a.host, a.service, a.pid, a.action, a.stage, a.client_name, a.client_ip, a.code, a.dsn, a.text, a.sender,
  a.recipient, a.helo, a.proto, a.sasl_username, a.queue_id, a.rule, a.message_id, a.source, a.fate, a.would_be_lost,
  a.may_return, a.count AS repeated
FROM attempt a
WHERE a.place BETWEEN :gen << 40 AND (:gen << 40) + 1099511627775
  AND (:since IS NULL OR a.time_us >= :since) AND (:until IS NULL OR a.time_us < :until)
  AND (:source IS NULL OR a.source = :source) AND (:rule IS NULL OR a.rule = :rule)
  AND (:sender IS NULL OR lower(a.sender) = lower(:sender)
       OR (:sender LIKE '@%' AND lower(substr(a.sender, -length(:sender))) = lower(:sender)))
  AND (:recipient IS NULL OR lower(a.recipient) = lower(:recipient)
       OR (:recipient LIKE '@%' AND lower(substr(a.recipient, -length(:recipient))) = lower(:recipient)))
  AND (:client IS NULL OR a.client_ip = :client OR lower(a.client_name) = lower(:client))
  AND (:fate IS NULL OR a.fate = :fate)
ORDER BY a.place
