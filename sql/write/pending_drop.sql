DELETE FROM pending WHERE state = x'' AND (kind, key) IN (SELECT c2, c1 FROM bulk(:rows) WHERE c3 = x'')
