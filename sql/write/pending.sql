INSERT OR REPLACE INTO pending (key, kind, state) SELECT c1, c2, c3 FROM bulk(:rows)
