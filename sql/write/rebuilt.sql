-- All logs that there are have been read into a database that took the place of a damaged one.
DELETE FROM meta WHERE key = 'rebuild'
