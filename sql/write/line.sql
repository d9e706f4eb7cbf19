INSERT INTO dim_line (host, service, action, stage, proto, code, dsn, digits, flags)
VALUES (:host, :service, :action, :stage, :proto, :code, :dsn, :digits, :flags)
