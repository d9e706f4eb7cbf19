-- A source by its row.
SELECT name, kind FROM dim_source WHERE id = :id
