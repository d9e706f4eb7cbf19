#include "outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "../analyzer/msg.h"
#include "encode.h"

static void refuse(const char *path, const char *why)
{
	char safe[300];

	msg_die(EX_CANTCREAT, "--output %s: %s", msg_safe(slice_str(path), safe, sizeof safe), why);
}

/* `dir/.name.XXXXXX` beside `dir/name` */
static char *name_beside(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	struct text beside = {0};

	text_add(&beside, slice_of(path, (size_t)(name - path)));
	text_char(&beside, '.');
	text_str(&beside, name);
	text_str(&beside, ".XXXXXX");
	return beside.p;
}

static bool write_all(int fd, struct slice bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes = slice_from(bytes, (size_t)n);
	}
	return fsync(fd) == 0;
}

void outfile_write(const char *path, struct slice bytes)
{
	struct stat st;
	char safe[300];

	if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
		refuse(path, S_ISLNK(st.st_mode) ? "is a symbolic link" : "is no regular file");
	char *beside = name_beside(path);
	int fd = mkostemp(beside, O_CLOEXEC); /* mode 0600, and never through a link */
	if (fd < 0)
		refuse(path, strerror(errno));
	bool written = write_all(fd, bytes);
	int error = errno;
	if (close(fd) < 0 && written) {
		written = false;
		error = errno;
	}
	if (!written) {
		unlink(beside);
		msg_die(EX_IOERR, "--output %s: %s", msg_safe(slice_str(path), safe, sizeof safe), strerror(error));
	}
	if (rename(beside, path) < 0) {
		error = errno;
		unlink(beside);
		refuse(path, strerror(error));
	}
	free(beside);
}
