/*
 * shared_domains: samples/shared-domains.txt as it was when we were built (the
 * build embeds it): one domain a line, `#` begins a comment.
 */
#ifndef WB_SHARED_DOMAINS_H
#define WB_SHARED_DOMAINS_H

extern const char shared_domains_txt[];

#endif
