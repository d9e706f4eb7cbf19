-- Clients of an address, or of a source.
SELECT c.id FROM client c
WHERE (:ip IS NULL OR c.ip = :ip) AND (:source IS NULL OR c.source IN (SELECT id FROM dim_source WHERE name = :source))
