-- Sources, and whether each is :source.
SELECT id, name, name IS :source AS wanted FROM dim_source WHERE id > :at ORDER BY id
