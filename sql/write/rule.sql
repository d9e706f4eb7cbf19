INSERT INTO dim_rule (name, title) VALUES (:name, :title)
ON CONFLICT (name) DO UPDATE SET title = excluded.title WHERE title IS NOT excluded.title
