-- What is missing, in the order of time. What another rule was changed for is not missing for this one.
SELECT ho.name AS host, h.cause, h.from_time, h.to_time, coalesce(h.lines, 0) AS lines
FROM hole h LEFT JOIN host ho ON ho.id = h.host
WHERE h.cause NOT LIKE 'rule % has changed' OR h.cause = 'rule ' || :rule || ' has changed'
ORDER BY h.from_time, ho.name, h.cause
