INSERT INTO owner (one, epoch, pid, since) VALUES (1, 1, :pid, :since)
ON CONFLICT (one) DO UPDATE SET epoch = epoch + 1, pid = excluded.pid, since = excluded.since
