-- The verdicts in force, by what they cover.
SELECT id, kind, subject, low, bits FROM verdict
