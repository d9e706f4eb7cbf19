-- The account of the streams that hold any of the window. suspect of rule: warnings with the rule's text that can be
-- read in two ways, so that nobody knows whose they are. damaged: as far as samples were kept. without a client: mails
-- that no list can show. without a mail: lines of hosts of whose warnings most belong to none, as where only the second
-- pass of a content filter checks; said again of a mail that was warned already, they do no harm.
WITH chosen AS (SELECT gen, unsure FROM generation WHERE first_stamp IS NULL OR (last_stamp >= :from AND first_stamp <= :to))
SELECT sort, name, sum(lines) AS lines FROM counted WHERE gen IN (SELECT gen FROM chosen) GROUP BY sort, name
UNION ALL SELECT 'stream', 'unsure', sum(unsure) FROM chosen
UNION ALL SELECT 'stream', 'all', count(*) FROM chosen
UNION ALL SELECT 'check', 'damaged', count(*) FROM quarantine
  WHERE gen IN (SELECT gen FROM chosen) AND (instr(bytes, x'00') OR len >= 65536 OR reason = 'two lines in one')
UNION ALL SELECT 'check', 'suspect of rule', coalesce(sum(a.count), 0)
  FROM fact_attempt a
  JOIN text x ON x.id = a.text
  JOIN text y ON y.text = x.text AND y.template = x.template AND y.rule = (SELECT id FROM dim_rule WHERE name = :rule)
  WHERE a.line IN (SELECT k.id FROM dim_line k JOIN word w ON w.id = k.action
      WHERE k.flags & 4 AND (w.text IN ('warn', 'warning', 'reject_warning') OR w.text LIKE '%-warning'))
    AND EXISTS (SELECT 1 FROM dim_line WHERE flags & 4) AND a.time >= :from AND a.time <= :to
UNION ALL SELECT 'check', 'without a client', count(*) FROM fact_mail m
  WHERE m.client NOT IN (SELECT id FROM client) AND m.first_time >= :from AND m.first_time <= :to
    AND EXISTS (SELECT 1 FROM fact_recipient r
      WHERE r.mail = m.id AND r.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule))
UNION ALL SELECT 'check', 'without a mail', coalesce(sum(none), 0)
  FROM (SELECT k.host, sum(m.id IS NULL) AS none, sum(m.id IS NOT NULL) AS one
    FROM fact_attempt a
    JOIN dim_line k ON k.id = a.line
    LEFT JOIN fact_transaction t ON t.id = coalesce(a.tx, a.place)
    LEFT JOIN fact_mail m ON m.id = coalesce(t.mail, t.id, a.tx, a.place)
    WHERE a.text IN (SELECT x.id FROM text x JOIN dim_rule ru ON ru.id = x.rule WHERE ru.name = :rule)
      AND k.flags & 5 = 1 AND a.time >= :from AND a.time <= :to
    GROUP BY k.host)
  WHERE none > one
ORDER BY 1, 2
