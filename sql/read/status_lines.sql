-- Of all lines that were read: how many, and how many were not understood.
SELECT coalesce(sum(lines), 0) AS lines, coalesce(sum(lines) FILTER (WHERE sort = 'not-understood'), 0) AS not_understood
FROM counted WHERE sort <> 'check'
