-- What is half finished (table pending, analyzer/unfinished.h): kind and key of each thing, as hexadecimal digits.
WITH RECURSIVE
byte(each) AS (VALUES (x'000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff')),
thing(part, at, next, state) AS (
  SELECT part, 1, 1 + 13
    + (instr(each, substr(state, 1 + 9, 1)) - 1) * 1
    + (instr(each, substr(state, 1 + 10, 1)) - 1) * 256
    + (instr(each, substr(state, 1 + 11, 1)) - 1) * 65536
    + (instr(each, substr(state, 1 + 12, 1)) - 1) * 16777216, state
  FROM pending, byte
  UNION ALL
  SELECT part, next, next + 13
    + (instr(each, substr(state, next + 9, 1)) - 1) * 1
    + (instr(each, substr(state, next + 10, 1)) - 1) * 256
    + (instr(each, substr(state, next + 11, 1)) - 1) * 65536
    + (instr(each, substr(state, next + 12, 1)) - 1) * 16777216, state
  FROM thing, byte WHERE next <= length(state))
SELECT sort & 127 AS kind, key
FROM (SELECT instr(each, substr(state, at, 1)) - 1 AS sort, hex(substr(state, at + 1, 8)) AS key, part << 32 | at AS said
      FROM thing, byte)
GROUP BY sort & 127, key HAVING said = max(said) AND sort < 128
