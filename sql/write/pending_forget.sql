DELETE FROM pending
