-- The name that a client had last. A client of the database is a name and an address; its latest mail or sighting says when.
SELECT c.name FROM client c
WHERE c.ip IN (:ip, :other) AND c.name <> ''
ORDER BY max(coalesce((SELECT max(m.last_time) FROM fact_mail m WHERE m.client = c.id), 0),
             coalesce((SELECT max(s.last_time) FROM sighting s WHERE s.client = c.id), 0)) DESC, c.id DESC
LIMIT 1
