/* folder: takes a test's temporary folder away, with the files in it. */
#ifndef WB_FOLDER_H
#define WB_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

/* 0, or -1 if it could not be removed (a folder in it stays). */
static inline int folder_remove(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir)
		closedir(dir);
	return rmdir(path);
}

#endif
