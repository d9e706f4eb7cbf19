SELECT name FROM domain
