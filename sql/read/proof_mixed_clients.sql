-- The clients of sources (:sources, numbers as a JSON list), and of all that have a name of theirs.
WITH named AS MATERIALIZED (
  SELECT so.id FROM dim_source so WHERE so.name IN (SELECT x.name FROM dim_source x WHERE x.id IN (SELECT value FROM json_each(:sources))))
SELECT c.id FROM client c WHERE c.source IN (SELECT id FROM named)
