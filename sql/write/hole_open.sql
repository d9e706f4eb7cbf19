-- A log was truncated; what may be missing ends where the next stream begins. One at a time for each log.
INSERT INTO hole (gen, from_time, bytes, cause, derived)
SELECT :gen, :from_time, :bytes, :cause, 0
WHERE NOT EXISTS (SELECT 1 FROM hole h JOIN generation g ON g.gen = h.gen
                  WHERE h.to_time IS NULL AND h.cause = :cause AND g.log = :log)
