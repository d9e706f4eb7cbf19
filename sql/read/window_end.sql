-- Where a part of the action lines ends that begins at :at and has :lines of them.
SELECT place FROM fact_attempt WHERE place > :at ORDER BY place LIMIT 1 OFFSET :lines
