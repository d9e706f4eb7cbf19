DELETE FROM hole WHERE derived = 1
