-- Sources, each with the first of its name: that one stands for all of them.
SELECT id, min(id) OVER (PARTITION BY name) AS first, kind, domain FROM dim_source
