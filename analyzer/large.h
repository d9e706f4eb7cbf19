/*
 * large: memory for tables in which places are looked up here and there. In the
 * processor's large pages, if there are any, one page is enough for what would
 * take 512 others, and its place is at hand when it is looked for; else it is
 * memory as any other.
 */
#ifndef WB_LARGE_H
#define WB_LARGE_H

#include <stddef.h>

/* Cleared; begins where a large page can. *memory: what free() takes back. What nobody has touched is no memory yet. */
void *large_new(size_t n, void **memory);
/* p, n: of large_new. From now on what is touched of it becomes memory a large page at a time. No more than a hint. */
void large_pages(void *p, size_t n);

#endif
