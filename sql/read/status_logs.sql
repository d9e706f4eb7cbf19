-- Each log, by the stream of it that was begun last: how far it was read, and its last line.
SELECT l.name AS log, g.path_hint AS file, g.off AS position, g.dev, g.ino, g.last_stamp,
  (SELECT value FROM meta WHERE key = 'follow_begin ' || l.name) AS begun
FROM log l JOIN generation g ON g.gen = (SELECT max(n.gen) FROM generation n WHERE n.log = l.id)
ORDER BY l.name
