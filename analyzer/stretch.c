#include "stretch.h"

#include <stdlib.h>
#include <string.h>

#include "../parsers/stamp.h"
#include "msg.h"

#define DAY_US INT64_C(86400000000)

static int64_t clamp(int64_t us)
{
	return us < STRETCH_EVER ? STRETCH_EVER : us > STRETCH_FOREVER ? STRETCH_FOREVER : us;
}

static int64_t min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void stretches_release(struct stretches *s)
{
	free(s->at);
	*s = (struct stretches){0};
}

void stretches_clear(struct stretches *s)
{
	s->n = 0;
}

static void reserve(struct stretches *s, size_t n)
{
	if (n <= s->cap)
		return;
	s->cap = s->cap ? 2 * s->cap : 16;
	s->at = xrealloc(s->at, s->cap * sizeof(*s->at));
}

/* The first stretch that ends at `us` or later, n if none does. */
static size_t first_to(const struct stretches *s, int64_t us)
{
	size_t low = 0, high = s->n;

	if (s->n && s->at[s->n - 1].to < us)
		return s->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (s->at[mid].to < us)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Puts one stretch in the place of those from `first` to before `last`, perhaps none. */
static void replace(struct stretches *s, size_t first, size_t last, struct stretch by)
{
	reserve(s, s->n + 1);
	memmove(s->at + first + 1, s->at + last, (s->n - last) * sizeof(*s->at));
	s->at[first] = by;
	s->n = s->n + 1 - (last - first);
}

bool stretches_add(struct stretches *s, int64_t from, int64_t to)
{
	struct stretch added = {clamp(from), clamp(to)};

	if (from == STAMP_NONE || to == STAMP_NONE || added.from >= added.to)
		return false;
	size_t first = first_to(s, added.from), last = first;
	while (last < s->n && s->at[last].from <= added.to)
		last++;
	if (first < last) {
		added.from = min(added.from, s->at[first].from);
		added.to = max(added.to, s->at[last - 1].to);
	}
	replace(s, first, last, added);
	return true;
}

static void begin_result(struct stretches *out, const struct stretches *a, const struct stretches *b)
{
	if (out == a || out == b)
		msg_bug("a set of stretches is to be its own result");
	stretches_clear(out);
}

void stretches_intersect(struct stretches *out, const struct stretches *a, const struct stretches *b)
{
	begin_result(out, a, b);
	for (size_t i = 0, j = 0; i < a->n && j < b->n;) {
		stretches_add(out, max(a->at[i].from, b->at[j].from), min(a->at[i].to, b->at[j].to));
		if (a->at[i].to < b->at[j].to)
			i++;
		else
			j++;
	}
}

void stretches_subtract(struct stretches *out, const struct stretches *a, const struct stretches *b)
{
	size_t j = 0;

	begin_result(out, a, b);
	for (size_t i = 0; i < a->n; i++) {
		int64_t from = a->at[i].from, to = a->at[i].to;
		while (j < b->n && b->at[j].to <= from)
			j++;
		/* The last one may reach into the next stretch, so j stays on it. */
		for (size_t k = j; k < b->n && b->at[k].from < to; k++) {
			stretches_add(out, from, b->at[k].from);
			from = b->at[k].to;
			j = k;
		}
		stretches_add(out, from, to);
	}
}

int64_t stretches_covered(const struct stretches *s, int64_t from, int64_t to)
{
	int64_t sum = 0;

	from = clamp(from);
	to = clamp(to);
	for (size_t i = first_to(s, from); i < s->n && s->at[i].from < to; i++)
		sum += max(0, min(to, s->at[i].to) - max(from, s->at[i].from));
	return sum;
}

double stretches_share(const struct stretches *s, int64_t from, int64_t to)
{
	from = clamp(from);
	to = clamp(to);
	return from < to ? (double)stretches_covered(s, from, to) / (double)(to - from) : 0;
}

/* The first moment that is not before the local day: no zone is two days from UTC. */
static int64_t day_start(int64_t day)
{
	const int64_t most = STRETCH_FOREVER / DAY_US - 2;
	int64_t near = max(-most, min(most, day));
	int64_t low = (near - 2) * DAY_US, high = (near + 2) * DAY_US;

	while (low < high) {
		int64_t mid = low + (high - low) / 2;
		if (stamp_local_day(mid) < near)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

void stretch_day_starts(int32_t first, size_t n, int64_t *start)
{
	for (size_t i = 0; i <= n; i++)
		start[i] = day_start((int64_t)first + (int64_t)i);
}

size_t stretches_days(const struct stretches *s, int32_t first, const int64_t *start, size_t n, double least,
                      int32_t *days, double *share)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		double covered = stretches_share(s, start[i], start[i + 1]);
		if (share)
			share[i] = covered;
		if (covered >= least && start[i] < start[i + 1])
			days[count++] = (int32_t)(first + (int64_t)i);
	}
	return count;
}
