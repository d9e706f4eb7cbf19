-- The streams that hold any of the window, and those that say no time: what a report was made from.
SELECT g.gen, l.name AS log, g.path_hint AS file, g.base, g.off, g.first_stamp, g.last_stamp, g.head, g.seam, g.state,
  g.unsure, g.dev, g.ino
FROM generation g JOIN log l ON l.id = g.log
WHERE g.first_stamp IS NULL OR (g.last_stamp >= :from AND g.first_stamp <= :to)
ORDER BY g.first_stamp, l.name, g.gen
