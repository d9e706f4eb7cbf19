-- Which part of each stream holds the action lines of some hours; high: null if it goes on to the end.
SELECT g.gen, (SELECT min(p.place) FROM roll_place p WHERE p.gen = g.gen AND p.hour >= :from) AS low,
  (SELECT min(p.place) FROM roll_place p WHERE p.gen = g.gen AND p.hour > :to) AS high
FROM generation g ORDER BY g.gen DESC
