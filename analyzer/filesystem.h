/*
 * filesystem: what a file lies on, as statfs(2) tells of its folder (faults.md D9, D10). Magic numbers: linux/magic.h,
 * and the kernel's fs/ for those that are not there.
 */
#ifndef WB_FILESYSTEM_H
#define WB_FILESYSTEM_H

enum filesystem {
	FILESYSTEM_LOCAL,
	FILESYSTEM_MEMORY, /* gone after a reboot */
	FILESYSTEM_NETWORK /* or FUSE: what stands behind that nobody knows */
};

/* Of the folder of `path`, which itself need not be there. What is not known is local. */
enum filesystem filesystem_of(const char *path);
/* Its name; "" for a local one. */
const char *filesystem_name(const char *path);

#endif
