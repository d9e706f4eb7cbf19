SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'generation'), 0) + 1
