SELECT id FROM dim_source WHERE kind = :kind AND name = :name AND domain = :domain
