-- The next stream has begun.
UPDATE hole SET to_time = max(coalesce(from_time, :to_time), :to_time)
WHERE to_time IS NULL AND cause = :cause AND gen IN (SELECT gen FROM generation WHERE log = :log)
