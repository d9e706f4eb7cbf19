-- Streams in the order of the log.
SELECT gen FROM generation ORDER BY first_stamp, gen
