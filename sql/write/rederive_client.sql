UPDATE client SET source = :source WHERE id = :id
