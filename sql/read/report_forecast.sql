-- A rule's warning lines in [:from, :to], and its mails first tried then, by the word that decides each. Millions of rows
-- are cheaper to add up beside each other than to sort into groups.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)'),
begin AS MATERIALIZED (SELECT min(place) AS place FROM roll_place WHERE hour >= :from / 3600000000),
said AS MATERIALIZED (
  SELECT sum(a.count) AS lines, sum(a.count) FILTER (WHERE v.verdict = 'exempt') AS exempt,
    sum(a.count) FILTER (WHERE v.verdict = 'move') AS move, sum(a.count) FILTER (WHERE v.verdict = 'block') AS block
  FROM fact_attempt a
  LEFT JOIN client_verdict cv ON cv.client = a.client LEFT JOIN sender_verdict sv ON sv.sender = a.sender
  LEFT JOIN human_verdict v ON v.id = coalesce(sv.own, cv.verdict, sv.domain)
  WHERE a.place >= (SELECT place FROM begin) AND a.time >= :from AND a.time <= :to
    AND a.line IN (SELECT id FROM dim_line WHERE flags & 17 = 1)
    AND a.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
    AND (:domain IS NULL OR coalesce((SELECT sa.domain FROM address sa WHERE sa.id = a.sender), 0) IN own)),
mail AS MATERIALIZED (
  SELECT coalesce(v.verdict, '') AS word, min(r.fate) AS fate
  FROM fact_mail m CROSS JOIN fact_recipient r ON r.mail = m.id
  LEFT JOIN client_verdict cv ON cv.client = m.client LEFT JOIN sender_verdict sv ON sv.sender = m.sender
  LEFT JOIN human_verdict v ON v.id = coalesce(sv.own, cv.verdict, sv.domain)
  WHERE m.id >= (SELECT place FROM begin) AND m.first_time >= :from AND m.first_time <= :to
    AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
    AND (:domain IS NULL OR coalesce((SELECT sa.domain FROM address sa WHERE sa.id = m.sender), 0) IN own)
  GROUP BY m.id)
SELECT w.column1 AS verdict,
  coalesce(CASE w.column1 WHEN 'exempt' THEN s.exempt WHEN 'move' THEN s.move WHEN 'block' THEN s.block
    ELSE s.lines - coalesce(s.exempt, 0) - coalesce(s.move, 0) - coalesce(s.block, 0) END, 0) AS attempts,
  (SELECT count(*) FROM mail WHERE word = w.column1) AS mails,
  (SELECT count(*) FROM mail WHERE word = w.column1 AND fate <= 3) AS lost
FROM (VALUES (''), ('move'), ('block'), ('exempt')) w JOIN said s
