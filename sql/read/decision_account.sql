-- The account of the streams that hold any of the window. suspect of rule: warnings with the rule's text that can be
-- read in two ways, so that nobody knows whose they are. damaged: as far as samples were kept. without a client: mails
-- that no list can show. without a mail: lines of hosts of whose warnings most belong to none, as where only the second
-- pass of a content filter checks; said again of a mail that was warned already, they do no harm.
WITH chosen AS (SELECT gen, unsure FROM generation WHERE first_stamp IS NULL OR (last_stamp >= :from AND first_stamp <= :to))
SELECT sort, name, sum(lines) AS lines FROM counted WHERE gen IN (SELECT gen FROM chosen) GROUP BY sort, name
UNION ALL SELECT 'stream', 'unsure', sum(unsure) FROM chosen
UNION ALL SELECT 'stream', 'all', count(*) FROM chosen
UNION ALL SELECT 'check', 'damaged', count(*) FROM quarantine
  WHERE gen IN (SELECT gen FROM chosen) AND (instr(bytes, x'00') OR len >= 65536 OR reason IN ('two lines in one', 'died of it'))
UNION ALL SELECT 'check', 'suspect of rule', coalesce(sum(a.count), 0)
  FROM roll_line l
  JOIN fact_attempt a ON a.place = l.place
  JOIN dim_line k ON k.id = a.line
  JOIN word w ON w.id = k.action
  JOIN text x ON x.id = a.text
  JOIN text y ON y.text = x.text AND y.template = x.template AND y.rule = (SELECT id FROM dim_rule WHERE name = :rule)
  WHERE l.sort = 0 AND (w.text IN ('warn', 'warning', 'reject_warning') OR w.text LIKE '%-warning')
    AND a.time >= :from AND a.time <= :to
UNION ALL SELECT 'check', 'without a client', coalesce(sum(rd.mails), 0) FROM roll_source_day rd
  WHERE rd.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND rd.source = 0
UNION ALL SELECT 'check', 'without a mail', coalesce(sum(o.lines), 0)
  FROM (SELECT l.host, sum(l.attempts) AS lines FROM roll_loose l
    WHERE l.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND l.last_time >= :from AND l.first_time <= :to
    GROUP BY l.host) o
  WHERE 2 * o.lines > (SELECT sum(rd.warned) FROM roll_domain_day rd
    WHERE rd.rule = (SELECT id FROM dim_rule WHERE name = :rule) AND rd.host = o.host
      AND rd.last_warned >= :from AND rd.first_warned <= :to)
UNION ALL SELECT 'check', 'sums differ', count(*) FROM dim_rule ru
  WHERE ru.name = :rule AND EXISTS (SELECT 1 FROM main.roll_domain_day rd WHERE rd.rule = ru.id AND rd.warned)
    AND EXISTS (SELECT 1 FROM fact_mail) AND (NOT EXISTS (SELECT 1 FROM main.roll_source_day rd WHERE rd.rule = ru.id)
      OR EXISTS (SELECT 1 FROM main.roll_source_day rd WHERE rd.rule = ru.id AND rd.mails > 0)
      AND (NOT EXISTS (SELECT 1 FROM main.roll_pair p WHERE p.rule = ru.id)
        OR NOT EXISTS (SELECT 1 FROM main.roll_person p WHERE p.rule = ru.id)
        OR NOT EXISTS (SELECT 1 FROM main.roll_evidence e WHERE e.rule = ru.id)))
ORDER BY 1, 2
