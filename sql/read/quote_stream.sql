-- Where a stream was last seen, and how it begins.
SELECT path_hint, head FROM generation WHERE gen = :gen
