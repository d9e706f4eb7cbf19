#include "db_place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sysexits.h>
#include <unistd.h>

#include "filesystem.h"
#include "msg.h"

void place_need_file(const char *path)
{
	char file[512];
	struct stat st;

	msg_safe(slice_str(path), file, sizeof file);
	if (stat(path, &st) != 0)
		msg_die(EX_NOINPUT, "no database %s: %s; `wouldblock ingest LOG` makes one", file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		msg_die(EX_NOINPUT, "cannot read database %s: not a file", file);
}

/* Its write-ahead log needs memory that all processes share, and locks that hold: other machines have neither. */
static _Noreturn void refuse_network(const char *path)
{
	char file[512];

	msg_die(EX_CONFIG,
	        "%s: lies on a network file system or FUSE (%s), where a database of ours is not safe; it needs a disk "
	        "of this machine",
	        msg_safe(slice_str(path), file, sizeof file), filesystem_name(path));
}

void place_refuse_odd(const char *path)
{
	char file[512];
	struct stat st;

	msg_safe(slice_str(path), file, sizeof file);
	if (filesystem_of(path) == FILESYSTEM_NETWORK)
		refuse_network(path);
	if (lstat(path, &st) != 0)
		return;
	if (!S_ISREG(st.st_mode))
		msg_die(EX_CANTCREAT, "cannot use %s as a database: not a plain file", file);
	if (st.st_nlink > 1)
		msg_die(EX_CANTCREAT, "cannot use %s as a database: it has a second name (hard link)", file);
	if (st.st_uid != geteuid() && geteuid() != 0)
		msg_die(EX_CANTCREAT, "cannot use %s as a database: it belongs to somebody else", file);
	if (st.st_mode & S_IWOTH)
		msg_die(EX_CANTCREAT, "cannot use %s as a database: everybody may write to it (chmod o-w)", file);
}

static bool has_wal(const char *path)
{
	char name[4096];
	struct stat st;

	snprintf(name, sizeof name, "%s-wal", path);
	return stat(name, &st) == 0 && st.st_size > 0;
}

/*
 * Where nobody may write SQLite cannot share a write-ahead log. If there is none, all there is stands
 * in the file itself, and it may be taken for one that never changes (faults.md D11). A folder that
 * only we may not write to is none of these: whoever follows may begin at any moment.
 */
static bool never_changes(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[4096];
	struct statvfs fs;
	struct stat st;

	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	if (access(folder, W_OK) == 0 || stat(folder, &st) != 0 || statvfs(folder, &fs) != 0)
		return false;
	return ((fs.f_flag & ST_RDONLY) || (st.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0) && !has_wal(path);
}

/* For SQLite to take it as a file that nobody writes to: without a write-ahead log nobody has it open. */
static char *immutable_uri(const char *path)
{
	size_t n = 3 * strlen(path) + 32, at;
	char *uri = xmalloc(n);

	at = (size_t)snprintf(uri, n, "file:");
	for (const char *p = path; *p; p++)
		at += (size_t)snprintf(uri + at, n - at, strchr("%?#", *p) ? "%%%02X" : "%c", (unsigned char)*p);
	snprintf(uri + at, n - at, "?immutable=1");
	return uri;
}

int place_open_to_read(const char *path, sqlite3 **h)
{
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, rc;
	char *uri;

	bool far = filesystem_of(path) == FILESYSTEM_NETWORK;

	if (!far && !never_changes(path))
		return sqlite3_open_v2(path, h, flags, NULL);
	if (far && has_wal(path))
		refuse_network(path);
	uri = immutable_uri(path);
	rc = sqlite3_open_v2(uri, h, flags | SQLITE_OPEN_URI, NULL);
	free(uri);
	return rc;
}
