-- Is there a source of this name, or of its A-label? A domain of senders equal to it or below it? If not, the
-- source that a client of this name would have.
SELECT (SELECT name FROM dim_source WHERE name IN (:name, :ascii) ORDER BY name <> :name LIMIT 1) AS source,
  EXISTS (SELECT 1 FROM domain WHERE name = :name OR substr(name, -length(:name) - 1) = '.' || :name) AS domain,
  (SELECT name FROM dim_source WHERE kind = 'org' AND substr(:ascii, -length(name) - 1) = '.' || name LIMIT 1) AS near
