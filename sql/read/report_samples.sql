SELECT g.path_hint AS file, q.off, q.bytes FROM quarantine q JOIN generation g ON g.gen = q.gen ORDER BY q.gen, q.off LIMIT 5
