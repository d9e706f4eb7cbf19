DELETE FROM hole WHERE cause = :cause
