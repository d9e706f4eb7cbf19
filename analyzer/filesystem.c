#include "filesystem.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

static const struct kind {
	uint32_t magic;
	enum filesystem is;
	const char *name;
} kinds[] = {
    {0x01021994, FILESYSTEM_MEMORY, "tmpfs"},     {0x858458f6, FILESYSTEM_MEMORY, "ramfs"},
    {0x6969, FILESYSTEM_NETWORK, "NFS"},          {0xff534d42, FILESYSTEM_NETWORK, "CIFS"},
    {0xfe534d42, FILESYSTEM_NETWORK, "SMB"},      {0x517b, FILESYSTEM_NETWORK, "SMB"},
    {0x01021997, FILESYSTEM_NETWORK, "9p"},       {0x65735546, FILESYSTEM_NETWORK, "FUSE"},
    {0x00c36400, FILESYSTEM_NETWORK, "Ceph"},     {0x5346414f, FILESYSTEM_NETWORK, "AFS"},
    {0x6b414653, FILESYSTEM_NETWORK, "AFS"},      {0x73757245, FILESYSTEM_NETWORK, "Coda"},
    {0x0bd00bd0, FILESYSTEM_NETWORK, "Lustre"},   {0x01161970, FILESYSTEM_NETWORK, "GFS2"},
    {0x7461636f, FILESYSTEM_NETWORK, "OCFS2"},    {0x47504653, FILESYSTEM_NETWORK, "GPFS"},
    {0x20030528, FILESYSTEM_NETWORK, "OrangeFS"}, {0x786f4256, FILESYSTEM_NETWORK, "vboxsf"},
    {0xbacbacbc, FILESYSTEM_NETWORK, "vmhgfs"},   {0x7c7c6673, FILESYSTEM_NETWORK, "prl_fs"},
};

static const struct kind *kind_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[4096] = ".";
	struct statfs st;

	if (slash && (size_t)(slash - path) + 1 < sizeof dir)
		snprintf(dir, sizeof dir, "%.*s", (int)(slash - path) + 1, path);
	if (statfs(dir, &st) != 0)
		return NULL;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].magic == (uint32_t)st.f_type)
			return &kinds[i];
	return NULL;
}

enum filesystem filesystem_of(const char *path)
{
	const struct kind *k = kind_of(path);

	return k ? k->is : FILESYSTEM_LOCAL;
}

const char *filesystem_name(const char *path)
{
	const struct kind *k = kind_of(path);

	return k ? k->name : "";
}
