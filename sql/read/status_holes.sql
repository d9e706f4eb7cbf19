-- Holes that reach into the time from :since on.
SELECT count(*) AS holes FROM hole WHERE coalesce(to_time, from_time) >= :since
