-- The rules that the database knows, and of what time the log is.
SELECT name, (SELECT min(first_stamp) FROM generation), (SELECT time FROM log_end) FROM dim_rule ORDER BY id
