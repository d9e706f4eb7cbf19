-- (mail, recipient) pairs of a rule, or of one own domain and what is below it, by fate, every fate a row, how many of
-- the refused for now may still return, and the highest of the figures.
SELECT f.name, f.loses, count(p.mail) AS pairs,
  coalesce(sum(f.id = 7 AND p.last_try + 129600000000 > (SELECT time FROM log_end)), 0) AS may_return,
  max(count(p.mail)) OVER () AS most
FROM fate f LEFT JOIN (SELECT rf.mail, rf.fate, rf.last_try FROM recipient_fate rf JOIN dim_rule r ON r.id = rf.rule
    JOIN fact_mail m ON m.id = rf.mail
  WHERE r.name = :rule AND (:since IS NULL OR m.first_time >= :since) AND (:until IS NULL OR m.first_time < :until)
    AND (:domain IS NULL OR (:domain = '(null sender)' AND m.sender IS NULL)
      OR m.sender IN (SELECT sa.id FROM address sa LEFT JOIN domain d ON d.id = sa.domain
        WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
          OR (:domain = '(null sender)' AND d.id IS NULL) OR (:domain = '(no domain)' AND d.name = '')))) p
  ON p.fate = f.id
GROUP BY f.id ORDER BY f.id
