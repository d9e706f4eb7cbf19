/*
 * db_place: may a database be at this place at all? Each dies with the reason if not.
 */
#ifndef WB_DB_PLACE_H
#define WB_DB_PLACE_H

#include <sqlite3.h>

/* It is there, and a file (66). */
void place_need_file(const char *path);
/* To write: a plain file of ours with no other name, to which not everybody may write, or nothing yet (73); on a disk of this machine (78; faults.md D10, D12). */
void place_refuse_odd(const char *path);
/*
 * As sqlite3_open_v2, read-only. On a network file system only one that nobody has open, which its missing write-ahead
 * log tells: else 78. Where nobody may write, as a file that never changes (faults.md D11).
 */
int place_open_to_read(const char *path, sqlite3 **h);

#endif
