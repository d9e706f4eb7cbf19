INSERT OR FAIL INTO dim_source (id, kind, name, domain) SELECT c1, c2, c3, c4 FROM bulk(:rows)
