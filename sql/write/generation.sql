INSERT INTO generation (gen, log, base, off, head, seam, dev, ino, first_stamp, last_stamp, year, month, anchored, folded,
  unsure, family, rotation, dated, path_hint, state, follows)
VALUES (:gen, :log, :base, :off, :head, :seam, :dev, :ino, :first_stamp, :last_stamp, :year, :month, :anchored, :folded,
  :unsure, :family, :rotation, :dated, :path_hint, :state, :follows)
ON CONFLICT (gen) DO UPDATE SET off = excluded.off, head = excluded.head, seam = excluded.seam, dev = excluded.dev,
  ino = excluded.ino, first_stamp = coalesce(min(first_stamp, excluded.first_stamp), first_stamp, excluded.first_stamp),
  last_stamp = coalesce(max(last_stamp, excluded.last_stamp), last_stamp, excluded.last_stamp),
  year = excluded.year, month = excluded.month, anchored = excluded.anchored, folded = excluded.folded,
  unsure = excluded.unsure, family = excluded.family, rotation = excluded.rotation, dated = excluded.dated,
  path_hint = excluded.path_hint, state = excluded.state, follows = coalesce(follows, excluded.follows)
