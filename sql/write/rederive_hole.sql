-- All that was read so far, with a cause that stands there once.
INSERT INTO hole (from_time, to_time, cause)
SELECT min(first_stamp), max(last_stamp), :cause FROM generation WHERE first_stamp IS NOT NULL GROUP BY NULL
