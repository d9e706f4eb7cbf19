-- What counts now, in the order of precedence: sender, ip, longest network, source, longest domain.
SELECT id, kind, subject, verdict, note, owner, expires
FROM verdict
ORDER BY CASE kind WHEN 'sender' THEN 0 WHEN 'ip' THEN 1 WHEN 'network' THEN 2 WHEN 'source' THEN 3 ELSE 4 END,
  CASE kind WHEN 'network' THEN -bits WHEN 'domain' THEN -length(subject) ELSE 0 END, low, subject
