-- Where each hour of action lines begins, in the order of their places, from the first line since :since on.
SELECT p.place FROM roll_place p
WHERE p.place >= (SELECT min(place) FROM roll_place WHERE hour >= :since / 3600000000)
ORDER BY p.place
