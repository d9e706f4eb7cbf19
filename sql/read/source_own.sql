-- The rows of an own domain and of those below it; of senders that have none.
SELECT d.id FROM domain d WHERE d.name = :domain OR substr(d.name, -length(:domain) - 1) = '.' || :domain
  OR (:domain = '(no domain)' AND d.name = '')
UNION ALL SELECT 0 WHERE :domain = '(null sender)'
