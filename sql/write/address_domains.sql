UPDATE address SET domain = b.c2 FROM bulk(:rows) b WHERE address.id = b.c1
