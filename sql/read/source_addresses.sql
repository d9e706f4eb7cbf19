-- Senders that a rule met, and addresses that have another spelling when case folded; and one of WALK_GIVES (walk.h) of the
-- others, which say of themselves that they have neither.
SELECT id, coalesce(fold, id) AS folded, coalesce(domain, 0) AS domain FROM address
WHERE id > :at AND (fold IS NOT NULL OR domain IS NOT NULL OR id % 64 = 0)
ORDER BY id
