#include "large.h"

#include <stdint.h>
#include <sys/mman.h>

#include "msg.h"

#define LARGE_PAGE ((size_t)2 << 20)

static size_t whole_pages(size_t n)
{
	return (n + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
}

void *large_new(size_t n, void **memory)
{
	char *p = xcalloc(1, whole_pages(n) + LARGE_PAGE);

	*memory = p;
	return p + (LARGE_PAGE - (uintptr_t)p % LARGE_PAGE) % LARGE_PAGE;
}

void large_pages(void *p, size_t n)
{
#ifdef MADV_HUGEPAGE
	(void)madvise(p, whole_pages(n), MADV_HUGEPAGE);
#else
	(void)p, (void)n;
#endif
}
