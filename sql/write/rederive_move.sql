-- Lines of one action, suspect or not, that never warned of a mail: no mail names their text.
UPDATE fact_attempt SET text = :to
WHERE text = :from AND line IN (SELECT id FROM dim_line WHERE action = :action AND flags & 4 = :suspect)
