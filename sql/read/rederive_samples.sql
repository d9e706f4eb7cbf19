-- Of each stream: how many lines were not understood, and how many of them were kept whole.
SELECT c.gen, sum(c.lines) AS lines,
  (SELECT count(*) FROM quarantine q WHERE q.gen = c.gen AND q.len = length(CAST(q.bytes AS BLOB))) AS whole
FROM counted c WHERE c.sort = 'not-understood' GROUP BY c.gen
