-- Sources, to be told apart by their name.
SELECT id, name, kind, domain FROM dim_source WHERE id > :at ORDER BY id
