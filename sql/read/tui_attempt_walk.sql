-- Action lines of a part of the log, the last first.
SELECT a.place, a.client, a.line, a.text, a.time FROM fact_attempt a WHERE a.place < :at AND a.place >= :low ORDER BY a.place DESC
