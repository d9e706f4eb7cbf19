INSERT OR FAIL INTO dim_source (kind, name, domain) SELECT c2, c3, c4 FROM bulk(:rows)
