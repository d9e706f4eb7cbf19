SELECT gen, log, base, off, head, seam, dev, ino, first_stamp, last_stamp, year, month, anchored, folded, unsure, family,
  rotation, dated, state, path_hint
FROM generation WHERE state < 3 ORDER BY gen DESC
