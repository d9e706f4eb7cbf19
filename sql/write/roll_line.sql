INSERT OR IGNORE INTO roll_line (sort, place) SELECT c1, c2 FROM bulk(:rows)
