-- Would-be-lost mails of :source that no verdict decides.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)')
SELECT coalesce(sum(p.lost), 0)
FROM roll_pair p
LEFT JOIN client_verdict cv ON cv.client = p.client
LEFT JOIN sender_verdict sv ON sv.sender = p.sender
WHERE p.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND p.lost > 0
  AND p.client IN (SELECT c.id FROM client c JOIN dim_source so ON so.id = c.source WHERE so.name = :source)
  AND coalesce(sv.own, cv.verdict, sv.domain) IS NULL
  AND (:domain IS NULL OR coalesce((SELECT sa.domain FROM address sa WHERE sa.id = p.sender), 0) IN own)
