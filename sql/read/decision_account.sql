-- The account of the streams that hold any of the window.
WITH chosen AS (SELECT gen, unsure FROM generation WHERE first_stamp IS NULL OR (last_stamp >= :from AND first_stamp <= :to))
SELECT sort, name, sum(lines) AS lines FROM counted WHERE gen IN (SELECT gen FROM chosen) GROUP BY sort, name
UNION ALL SELECT 'stream', 'unsure', sum(unsure) FROM chosen
UNION ALL SELECT 'stream', 'all', count(*) FROM chosen
ORDER BY 1, 2
