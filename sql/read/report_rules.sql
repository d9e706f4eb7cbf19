-- Rules that the database knows, and the texts of other warnings that no rule claims.
SELECT name, title FROM dim_rule ORDER BY id
