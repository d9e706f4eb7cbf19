-- A rule's warning lines in [:from, :to], and its mails first tried then, by the word that decides each. Hundreds of
-- thousands of rows: they are added up as they come, side by side, and neither sorted nor kept.
WITH
own AS (
  SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
    OR (:domain = '(no domain)' AND d.name = '')
  UNION ALL SELECT 0 WHERE :domain = '(null sender)'),
begin AS MATERIALIZED (SELECT min(place) AS place FROM roll_place WHERE hour >= :from / 3600000000),
said AS MATERIALIZED (
  SELECT sum(a.count) AS attempts, sum(a.count) FILTER (WHERE v.verdict = 'exempt') AS exempt,
    sum(a.count) FILTER (WHERE v.verdict = 'move') AS move, sum(a.count) FILTER (WHERE v.verdict = 'block') AS block
  FROM fact_attempt a
  LEFT JOIN client_verdict cv ON cv.client = a.client LEFT JOIN sender_verdict sv ON sv.sender = a.sender
  LEFT JOIN human_verdict v ON v.id = coalesce(sv.own, cv.verdict, sv.domain)
  WHERE a.place >= (SELECT place FROM begin)
    AND a.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
    AND a.time >= :from AND a.time <= :to AND a.line IN (SELECT id FROM dim_line WHERE flags & 17 = 1)
    AND (:domain IS NULL OR coalesce((SELECT sa.domain FROM address sa WHERE sa.id = a.sender), 0) IN own)),
mail AS MATERIALIZED (
  SELECT count(*) AS mails, count(*) FILTER (WHERE word = 'exempt') AS exempt, count(*) FILTER (WHERE word = 'move') AS move,
    count(*) FILTER (WHERE word = 'block') AS block, sum(lost) AS lost, sum(lost) FILTER (WHERE word = 'exempt') AS exempt_lost,
    sum(lost) FILTER (WHERE word = 'move') AS move_lost, sum(lost) FILTER (WHERE word = 'block') AS block_lost
  FROM (SELECT v.verdict AS word, r.fate <= 3 AS lost
    FROM (SELECT mail, min(fate) AS fate FROM fact_recipient
      WHERE mail >= (SELECT place FROM begin) AND text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
      GROUP BY mail) r
    CROSS JOIN fact_mail m ON m.id = r.mail
    LEFT JOIN client_verdict cv ON cv.client = m.client LEFT JOIN sender_verdict sv ON sv.sender = m.sender
    LEFT JOIN human_verdict v ON v.id = coalesce(sv.own, cv.verdict, sv.domain)
    WHERE m.first_time >= :from AND m.first_time <= :to
      AND (:domain IS NULL OR coalesce((SELECT sa.domain FROM address sa WHERE sa.id = m.sender), 0) IN own))),
word AS (
  SELECT 'exempt' AS verdict, s.exempt AS attempts, m.exempt AS mails, m.exempt_lost AS lost FROM said s, mail m
  UNION ALL SELECT 'move', s.move, m.move, m.move_lost FROM said s, mail m
  UNION ALL SELECT 'block', s.block, m.block, m.block_lost FROM said s, mail m)
SELECT verdict, coalesce(attempts, 0), mails, coalesce(lost, 0) FROM word
UNION ALL
SELECT '', coalesce(s.attempts - w.attempts, 0), m.mails - w.mails, coalesce(m.lost - w.lost, 0)
FROM said s, mail m, (SELECT sum(coalesce(attempts, 0)) AS attempts, sum(mails) AS mails, sum(coalesce(lost, 0)) AS lost FROM word) w
