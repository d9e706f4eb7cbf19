-- The verdict on each client that one covers.
SELECT client, verdict FROM client_verdict
