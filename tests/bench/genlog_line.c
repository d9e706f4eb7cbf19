#include "genlog_line.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 2048
#define OUT_BYTES (1u << 20)

struct pending {
	int64_t when;
	uint32_t order; /* of two lines of one microsecond the one composed first goes first */
	uint32_t slot;
};

struct slot {
	uint32_t length;
	char text[LINE_MAX_BYTES];
};

struct lines {
	FILE *out;
	bool iso;
	struct pending *heap;
	size_t n, room;
	struct slot **slot; /* one per pending line; spare[] are those not in use */
	uint32_t *spare;
	size_t spares;
	uint32_t order;
	uint64_t count, bytes;
	int64_t stamped; /* the second whose stamp is kept */
	char stamp[24];
	size_t stamp_length, used;
	char buffer[OUT_BYTES];
};

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void *xcalloc(size_t n, size_t size)
{
	void *p = calloc(n, size);

	if (!p) {
		fputs("genlog: no memory\n", stderr);
		exit(71);
	}
	return p;
}

static void *xgrow(void *old, size_t n, size_t size)
{
	void *p = realloc(old, n * size);

	if (!p) {
		fputs("genlog: no memory\n", stderr);
		exit(71);
	}
	return p;
}

struct lines *lines_new(FILE *out, bool iso)
{
	struct lines *l = xcalloc(1, sizeof *l);

	l->out = out;
	l->iso = iso;
	l->stamped = INT64_MIN;
	return l;
}

struct lines *lines_free(struct lines *l)
{
	for (size_t i = 0; i < l->room; i++)
		free(l->slot[i]);
	free(l->slot);
	free(l->spare);
	free(l->heap);
	free(l);
	return NULL;
}

/* ---- time ---- */

/* Howard Hinnant's civil calendar arithmetic: eras of 400 years that begin on 1 March. */
int64_t days_from_date(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468, era = z / 146097, of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(y + era * 400 + (*month <= 2));
}

static char *put_two(char *at, int64_t n, char pad)
{
	*at++ = n < 10 ? pad : (char)('0' + n / 10);
	*at++ = (char)('0' + n % 10);
	return at;
}

static char *put_clock(char *at, int64_t second)
{
	int64_t s = second % 86400;

	at = put_two(at, s / 3600, '0');
	*at++ = ':';
	at = put_two(at, s / 60 % 60, '0');
	*at++ = ':';
	return put_two(at, s % 60, '0');
}

static size_t put_bsd(char *buf, int64_t second)
{
	int year, month, day;
	char *at = buf;

	date_from_days(second / 86400, &year, &month, &day);
	memcpy(at, months[month - 1], 3);
	at[3] = ' ';
	at = put_two(at + 4, day, ' ');
	*at++ = ' ';
	at = put_clock(at, second);
	return (size_t)(at - buf);
}

void lines_bsd_stamp(int64_t when, char buf[16])
{
	buf[put_bsd(buf, when / SECOND)] = '\0';
}

static size_t put_iso(char *buf, int64_t second)
{
	int year, month, day;
	char *at = buf;

	date_from_days(second / 86400, &year, &month, &day);
	at = put_two(at, year / 100, '0');
	at = put_two(at, year % 100, '0');
	*at++ = '-';
	at = put_two(at, month, '0');
	*at++ = '-';
	at = put_two(at, day, '0');
	*at++ = 'T';
	at = put_clock(at, second);
	return (size_t)(at - buf);
}

static char *put_stamp(struct lines *l, char *at, int64_t when)
{
	int64_t second = when / SECOND, micro = when % SECOND;

	if (second != l->stamped) {
		l->stamp_length = (l->iso ? put_iso : put_bsd)(l->stamp, second);
		l->stamped = second;
	}
	memcpy(at, l->stamp, l->stamp_length);
	at += l->stamp_length;
	if (l->iso) {
		*at = '.';
		for (int i = 6; i > 0; i--, micro /= 10)
			at[i] = (char)('0' + micro % 10);
		memcpy(at + 7, "+01:00", 6);
		at += 13;
	}
	*at++ = ' ';
	return at;
}

/* ---- text ---- */

static char *put_string(char *at, const char *s)
{
	size_t n = strlen(s);

	memcpy(at, s, n);
	return at + n;
}

static char *put_unsigned(char *at, unsigned n)
{
	char digits[12];
	int i = 12;

	do
		digits[--i] = (char)('0' + n % 10);
	while (n /= 10);
	memcpy(at, digits + i, (size_t)(12 - i));
	return at + 12 - i;
}

/* Postfix's short queue id: five digits of microseconds, then the inode. */
static char *put_queue_id(char *at, uint64_t id)
{
	static const char hex[] = "0123456789ABCDEF";
	uint32_t micro = (uint32_t)(id >> 32), inode = (uint32_t)id;
	int shift = 28;

	for (int i = 16; i >= 0; i -= 4)
		*at++ = hex[micro >> i & 15];
	while (shift > 0 && !(inode >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		*at++ = hex[inode >> shift & 15];
	return at;
}

/* format_tv() of Postfix with two significant digits, none below 0.01, no trailing zeros. */
static char *put_delay(char *at, unsigned ms)
{
	unsigned whole = ms / 1000, hundredths = ms % 1000 / 10;

	if (whole >= 1)
		hundredths -= hundredths % 10;
	at = put_unsigned(at, whole);
	if (whole >= 10 || !hundredths)
		return at;
	*at++ = '.';
	*at++ = (char)('0' + hundredths / 10);
	if (hundredths % 10)
		*at++ = (char)('0' + hundredths % 10);
	return at;
}

static char *put_queue_id_or_none(char *at, uint64_t id)
{
	return id ? put_queue_id(at, id) : put_string(at, "NOQUEUE");
}

static size_t compose(char *text, const char *format, va_list args)
{
	char *at = text;

	for (const char *f = format; *f; f++) {
		if (*f != '%') {
			*at++ = *f;
			continue;
		}
		switch (*++f) {
		case 's': at = put_string(at, va_arg(args, const char *)); break;
		case 'u': at = put_unsigned(at, va_arg(args, unsigned)); break;
		case 't': at = put_delay(at, va_arg(args, unsigned)); break;
		case 'q': at = put_queue_id(at, va_arg(args, uint64_t)); break;
		case 'Q': at = put_queue_id_or_none(at, va_arg(args, uint64_t)); break;
		default: *at++ = *f;
		}
	}
	return (size_t)(at - text);
}

/* ---- in the order of time ---- */

static bool before(const struct pending *a, const struct pending *b)
{
	if (a->when != b->when)
		return a->when < b->when;
	return (int32_t)(a->order - b->order) < 0;
}

static void lines_grow(struct lines *l)
{
	size_t room = l->room ? 2 * l->room : 1024;

	l->heap = xgrow(l->heap, room, sizeof *l->heap);
	l->slot = xgrow(l->slot, room, sizeof *l->slot);
	l->spare = xgrow(l->spare, room, sizeof *l->spare);
	for (size_t i = l->room; i < room; i++) {
		l->slot[i] = xcalloc(1, sizeof **l->slot);
		l->spare[l->spares++] = (uint32_t)i;
	}
	l->room = room;
}

static void heap_push(struct lines *l, struct pending p)
{
	size_t i = l->n++;

	for (; i && before(&p, &l->heap[(i - 1) / 2]); i = (i - 1) / 2)
		l->heap[i] = l->heap[(i - 1) / 2];
	l->heap[i] = p;
}

static struct pending heap_pop(struct lines *l)
{
	struct pending top = l->heap[0], last = l->heap[--l->n];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < l->n) {
		if (child + 1 < l->n && before(&l->heap[child + 1], &l->heap[child]))
			child++;
		if (!before(&l->heap[child], &last))
			break;
		l->heap[i] = l->heap[child];
		i = child;
	}
	l->heap[i] = last;
	return top;
}

void lines_add(struct lines *l, int64_t when, const char *head, const char *format, ...)
{
	struct pending p = {.when = when, .order = l->order++};
	struct slot *s;
	va_list args;
	char *at;

	if (!l->spares)
		lines_grow(l);
	p.slot = l->spare[--l->spares];
	s = l->slot[p.slot];
	at = put_string(s->text, head);
	va_start(args, format);
	at += compose(at, format, args);
	va_end(args);
	*at++ = '\n';
	s->length = (uint32_t)(at - s->text);
	heap_push(l, p);
}

static void out_write(struct lines *l)
{
	if (fwrite(l->buffer, 1, l->used, l->out) != l->used) {
		perror("genlog: write");
		exit(74);
	}
	l->used = 0;
}

static void lines_emit(struct lines *l)
{
	struct pending p = heap_pop(l);
	const struct slot *s = l->slot[p.slot];
	char *at;

	if (l->used + LINE_MAX_BYTES + sizeof l->stamp + 16 > sizeof l->buffer)
		out_write(l);
	at = put_stamp(l, l->buffer + l->used, p.when);
	memcpy(at, s->text, s->length);
	at += s->length;
	l->bytes += (size_t)(at - l->buffer) - l->used;
	l->used = (size_t)(at - l->buffer);
	l->count++;
	l->spare[l->spares++] = p.slot;
}

void lines_write(struct lines *l, int64_t until)
{
	while (l->n && l->heap[0].when < until)
		lines_emit(l);
}

void lines_flush(struct lines *l)
{
	lines_write(l, INT64_MAX);
	out_write(l);
}

uint64_t lines_count(const struct lines *l)
{
	return l->count;
}

uint64_t lines_bytes(const struct lines *l)
{
	return l->bytes;
}
