-- Recipients that a rule warned about, by source and local day.
SELECT so.name, rd.day, sum(rd.delivered + rd.queued + rd.held + rd.unknown + rd.bounced + rd.spam + rd.refused
  + rd.tempfailed + rd.aborted + rd.discarded)
FROM main.roll_source_day rd
JOIN dim_rule ru ON ru.id = rd.rule
JOIN dim_source so ON so.id = rd.source
WHERE ru.name = :rule AND rd.day BETWEEN :first_day AND :last_day
GROUP BY so.name, rd.day
