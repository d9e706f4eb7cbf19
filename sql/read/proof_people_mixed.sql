-- Who would lose mail of a rule, by the verdict exempt or move that decides the mail, where a source (:sources, numbers as
-- a JSON list) has mails that it does not decide: of such a source each mail is asked.
WITH
pair AS MATERIALIZED (
  SELECT p.sender, p.client, v.id AS verdict
  FROM roll_pair p
  LEFT JOIN client_verdict cv ON cv.client = p.client
  LEFT JOIN sender_verdict sv ON sv.sender = p.sender
  CROSS JOIN human_verdict v ON v.id = coalesce(sv.own, cv.verdict, sv.domain)
  WHERE +p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.lost > 0 AND v.verdict IN ('exempt', 'move')
    AND p.client IN (SELECT c.id FROM client c JOIN dim_source so ON so.id = c.source
      WHERE so.name IN (SELECT x.name FROM dim_source x WHERE x.id IN (SELECT value FROM json_each(:sources)))))
SELECT DISTINCT n.verdict, r.recipient
FROM fact_mail m
CROSS JOIN pair n ON n.client = m.client AND n.sender = coalesce(m.sender, 0)
CROSS JOIN fact_recipient r ON r.mail = m.id
WHERE m.first_time >= :since AND m.first_time < :until AND r.fate <= 3
  AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
