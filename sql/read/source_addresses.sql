-- Senders that a rule met, and addresses that have another spelling when case folded.
SELECT id, coalesce(fold, id) AS folded, coalesce(domain, 0) AS domain FROM address WHERE fold IS NOT NULL OR domain IS NOT NULL
