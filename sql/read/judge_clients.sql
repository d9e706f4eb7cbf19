-- Clients, with what verdicts can tell them apart by.
SELECT c.id, c.key, so.name FROM client c LEFT JOIN dim_source so ON so.id = c.source WHERE c.id > :at ORDER BY c.id
