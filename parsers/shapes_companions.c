/*
 * The shapes of evidence: amavis, rspamd, greylisting, SPF, DKIM, DMARC
 * (postfix-log-grammar.md 6). All of these programs repeat words that the
 * sender of the mail chose; each reader below says how it tells them from the
 * program's own, and marks the record SUSPECT where nobody could.
 */
#include "attrs.h"
#include "companions.h"
#include "shapes.h"

/* A mail's bytes can offer only so many readings before the line is worth nothing anyway. */
#define READINGS_MAX 16

/* -------------------------------------------------------------------- pieces */

/* Steps behind the first `mark`; what stood before it is *before. */
static bool cut_at(struct slice *s, struct slice mark, struct slice *before)
{
	ptrdiff_t at = slice_find(*s, mark);

	if (at < 0)
		return false;
	*before = slice_head(*s, (size_t)at);
	*s = slice_from(*s, (size_t)at + mark.n);
	return true;
}

static bool occurs_again(struct slice s, struct slice what)
{
	ptrdiff_t at = slice_find(s, what);

	return at >= 0 && slice_find(slice_from(s, (size_t)at + 1), what) >= 0;
}

/* How many letters, digits and bytes of `also` s begins with. */
static inline size_t span_of(struct slice s, const char *also)
{
	size_t i = 0;

	for (; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if ((unsigned)(c - '0') <= 9 || (unsigned)((c | 0x20) - 'a') <= 25)
			continue;
		const char *a = also;
		while (*a && (unsigned char)*a != c)
			a++;
		if (!*a)
			break;
	}
	return i;
}

/* Results as SPF, DKIM and DMARC (RFC 8601) name them, in whatever case. */
static struct slice evidence_category(struct slice word)
{
	static const struct slice names[] = {SLICE("pass"), SLICE("fail"),      SLICE("softfail"), SLICE("neutral"),
	                                     SLICE("none"), SLICE("permerror"), SLICE("temperror")};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (slice_eq_fold(names[i], word))
			return names[i];
	return SLICE_NONE;
}

/* -------------------------------------------------------------------- amavis */

/* `, KEY` and a word; a value at the end of the line may have been cut, so a comma must follow. */
static bool amavis_word(struct slice *s, struct slice key, const char *also, struct slice *value)
{
	struct slice t = *s;

	if (!slice_skip(&t, key))
		return false;
	size_t n = span_of(t, also);
	if (n == 0 || !slice_starts(slice_from(t, n), SLICE(", ")))
		return false;
	*value = slice_head(t, n);
	*s = slice_from(t, n);
	return true;
}

/* `, KEY<...>`: amavis's parse_message_id() lets no `>` through inside. */
static bool amavis_message_id(struct slice *s, struct slice key, struct slice *value)
{
	struct slice t = *s, inside;

	if (!slice_skip(&t, key) || !slice_skip(&t, SLICE("<")) || !cut_at(&t, SLICE(">"), &inside) ||
	    !slice_starts(t, SLICE(", ")))
		return false;
	*value = inside;
	*s = t;
	return true;
}

/*
 * An address of an amavis line. amavis doubles each backslash it logs and writes
 * controls as `\n`, `\x1B`: inside quotes two backslashes quote what follows.
 */
static bool amavis_address(struct slice *s, struct slice *address)
{
	struct slice t = *s;
	size_t i = 2;

	if (!slice_starts(t, SLICE("<\"")))
		return attrs_address(s, address);
	while (i < t.n && t.p[i] != '"') {
		if (slice_starts(slice_from(t, i), SLICE("\\\\")))
			i += 2;
		i += i < t.n && t.p[i] == '\\' ? 2 : 1;
	}
	t = slice_from(t, i + 1);
	if (slice_skip(&t, SLICE("@"))) {
		ptrdiff_t end = slice_chr(t, '>');
		if (end < 0 || slice_chr(slice_head(t, (size_t)end), ' ') >= 0)
			return false;
		t = slice_from(t, (size_t)end);
	}
	*address = slice_of(s->p + 1, (size_t)(t.p - s->p) - 1);
	if (!slice_skip(&t, SLICE(">")))
		return false;
	*s = t;
	return true;
}

/*
 * What follows the recipients, in the order of amavis's templates. Left to
 * right: up to the Message-ID all is amavis's and Postfix's own, and behind it
 * only a second `, Hits: ` would mean that the sender's words got out of their
 * brackets.
 */
static void amavis_tail(struct slice s, struct record *r)
{
	static const char word[] = "-_./:@+<>=%";
	struct slice skip;
	bool id;

	amavis_word(&s, SLICE(", tls: "), word, &skip);
	amavis_word(&s, SLICE(", quarantine: "), word, &skip);
	amavis_word(&s, SLICE(", Queue-ID: "), "_", &r->queue_id);
	id = amavis_message_id(&s, SLICE(", Message-ID: "), &r->message_id);
	if (!id && slice_starts(s, SLICE(", Message-ID: ")) && !(r->flags & RECORD_TRUNCATED))
		r->flags |= RECORD_SUSPECT;
	amavis_message_id(&s, SLICE(", Resent-Message-ID: "), &skip);
	if (occurs_again(s, SLICE(", Hits: ")))
		r->flags |= RECORD_SUSPECT;
	amavis_word(&s, SLICE(", mail_id: "), word, &skip);
	amavis_word(&s, SLICE(", b: "), word, &skip);
	amavis_word(&s, SLICE(", Hits: "), word, &skip);
	amavis_word(&s, SLICE(", tag="), word, &skip);
	amavis_word(&s, SLICE(", tag2="), word, &skip);
	amavis_word(&s, SLICE(", kill="), word, &skip);
	amavis_word(&s, SLICE(", size: "), "", &skip);
	amavis_word(&s, SLICE(", pt: "), word, &skip);
	amavis_word(&s, SLICE(", queued_as: "), "/", &r->queued_as);
}

/* `<a>,<b>`: complete only if a comma and a blank, or nothing, follow. */
static bool amavis_recipients(struct slice *s, struct slice *list)
{
	struct slice t = *s, address;

	do {
		if (!amavis_address(&t, &address))
			return false;
	} while (slice_starts(t, SLICE(",<")) && slice_skip(&t, SLICE(",")));
	if (t.n && !slice_starts(t, SLICE(", ")))
		return false;
	*list = slice_of(s->p, (size_t)(t.p - s->p));
	*s = t;
	return true;
}

/* ` {ACTS},[ BANK][ LOCAL][ [IP]:PORT][ [IP]][ ESMTP/ESMTP] <S> -> `; the braces came with 2.7. */
static bool amavis_head(struct slice *s, struct record *r)
{
	if (slice_skip(s, SLICE(" {"))) {
		size_t n = span_of(*s, ",-_");
		r->detail = slice_head(*s, n);
		*s = slice_from(*s, n);
		if (!slice_skip(s, SLICE("}")))
			return false;
	}
	if (!slice_skip(s, SLICE(",")))
		return false;
	while (slice_skip(s, SLICE(" ")) && !slice_starts(*s, SLICE("<"))) {
		size_t n = span_of(*s, "-_./:[]");
		if (n == 0)
			return false;
		*s = slice_from(*s, n);
	}
	return amavis_address(s, &r->sender) && slice_skip(s, SLICE(" -> "));
}

/* One reading of what follows the category. A cut line need not get beyond its head. */
static bool amavis_reading(struct slice s, bool cut, struct record *r)
{
	if (!amavis_head(&s, r))
		return false;
	if (!amavis_recipients(&s, &r->recipients))
		return cut;
	amavis_tail(s, r);
	return true;
}

/*
 * `BANNED (names) {...`: the names are those of attachments, and may hold all
 * that a real line holds. Every `)` may be the last; one reading must fit alone.
 */
static int amavis_readings(struct slice s, bool cut, struct record *r)
{
	struct record first = *r;
	struct slice skip;
	int fits = 0;

	for (int tries = 0; cut_at(&s, SLICE(")"), &skip); tries++) {
		struct record one = *r;
		if (tries == READINGS_MAX)
			return 2;
		if (amavis_reading(s, cut, &one) && fits++ == 0)
			first = one;
	}
	*r = first;
	return fits;
}

/* CLEAN, SPAM, BAD-HEADER-2, UNCHECKED-ENCRYPTED, ... and those of a later amavis. */
static struct slice amavis_category(struct slice s)
{
	size_t i = 0;

	while (i < s.n &&
	       ((s.p[i] >= 'A' && s.p[i] <= 'Z') || (i && (s.p[i] == '-' || (s.p[i] >= '0' && s.p[i] <= '9')))))
		i++;
	return slice_head(s, i);
}

static bool fields_amavis(struct record *r)
{
	struct slice s = r->body, amid;
	bool cut = slice_ends(s, SLICE("..."));

	if (!cut_at(&s, SLICE(" "), &amid) || !slice_ends(amid, SLICE(")")) || !cut_at(&s, SLICE(" "), &r->category))
		return false;
	r->result = amavis_category(s);
	s = slice_from(s, r->result.n);
	if (r->result.n == 0 || (s.n && s.p[0] != ' ' && s.p[0] != ','))
		return false;
	if (cut)
		r->flags |= RECORD_TRUNCATED;
	struct record one = *r;
	int fits = slice_starts(s, SLICE(" (")) ? amavis_readings(s, cut, &one) : amavis_reading(s, cut, &one);
	if (fits)
		*r = one;
	if (fits > 1 || (fits == 0 && !cut))
		r->flags |= RECORD_SUSPECT;
	return true;
}

/* -------------------------------------------------------------------- rspamd */

/* ` KEYvalue,` as one of the optional parts; true if it is absent. */
static bool rspamd_part(struct slice *s, struct slice key, struct slice end, struct slice *value)
{
	if (!slice_starts(*s, key))
		return true;
	*s = slice_from(*s, key.n);
	return cut_at(s, end, value);
}

/* ` (default: F (ACTION): [1.2/15] `, up to the bracket that opens the symbols. */
static bool rspamd_verdict(struct slice *s, struct slice *action)
{
	struct slice skip;

	return slice_skip(s, SLICE(" (")) && cut_at(s, SLICE(": "), &skip) && span_of(skip, "_-") == skip.n &&
	       cut_at(s, SLICE(" ("), &skip) && skip.n == 1 && cut_at(s, SLICE("): ["), action) &&
	       span_of(*action, " _-") == action->n && cut_at(s, SLICE("] "), &skip) &&
	       span_of(skip, ".-/") == skip.n && slice_starts(*s, SLICE("["));
}

/* Behind the Message-ID: `[ qid: <Q>,][ ip: A,][ user: U,][ from: <S>,]` and the verdict. */
static bool rspamd_reading(struct slice *s, struct record *r)
{
	if (!rspamd_part(s, SLICE(" qid: <"), SLICE(">,"), &r->queue_id) ||
	    span_of(r->queue_id, "_") != r->queue_id.n || !rspamd_part(s, SLICE(" ip: "), SLICE(","), &r->client_ip) ||
	    span_of(r->client_ip, ".:") != r->client_ip.n ||
	    !rspamd_part(s, SLICE(" user: "), SLICE(","), &r->sasl_username))
		return false;
	struct slice t = *s;
	if (slice_skip(&t, SLICE(" from: ")) && attrs_address(&t, &r->sender) && slice_skip(&t, SLICE(",")))
		*s = t;
	else if (!rspamd_part(s, SLICE(" from: <"), SLICE(">,"), &r->sender))
		return false;
	return rspamd_verdict(s, &r->result);
}

/* A second verdict can only be the sender's: nobody can say which one is rspamd's. */
static bool rspamd_two_verdicts(struct slice s)
{
	struct slice skip;
	int found = 0;

	for (int tries = 0; cut_at(&s, SLICE(","), &skip);) {
		struct slice t = s;
		if (!slice_starts(s, SLICE(" (")))
			continue;
		if (++tries > READINGS_MAX || (rspamd_verdict(&t, &skip) && ++found > 1))
			return true;
	}
	return false;
}

/* The Message-ID may hold `>, qid: <...` itself: it ends at the first `>,` behind which all the
 * rest fits. */
static bool rspamd_head(struct slice *s, struct record *r)
{
	struct slice rest = *s, skip;

	for (int tries = 0; tries < READINGS_MAX && cut_at(&rest, SLICE(">,"), &skip); tries++) {
		struct record one = *r;
		struct slice t = rest;
		if (!rspamd_reading(&t, &one))
			continue;
		*r = one;
		r->message_id = slice_of(s->p, (size_t)(rest.p - s->p) - 2);
		*s = t;
		return true;
	}
	return false;
}

static bool fields_rspamd(struct record *r)
{
	struct slice s = r->body, skip;

	if (!cut_at(&s, SLICE(" id: <"), &skip))
		return false;
	if (rspamd_two_verdicts(s))
		r->flags |= RECORD_SUSPECT;
	if (!rspamd_head(&s, r))
		return false;
	if (occurs_again(s, SLICE("]), len: ")))
		r->flags |= RECORD_SUSPECT;
	ptrdiff_t end = slice_find(s, SLICE("]), len: "));
	r->detail = end < 0 ? s : slice_head(s, (size_t)end + 1);
	if (end < 0)
		r->flags |= RECORD_TRUNCATED;
	return true;
}

/* `{opts;}` ends at a brace with a comma or the bracket behind it. */
static struct slice rspamd_skip_options(struct slice s)
{
	for (size_t i = 0; i + 1 < s.n; i++)
		if (s.p[i] == '}' && (s.p[i + 1] == ',' || s.p[i + 1] == ']'))
			return slice_from(s, i + 1);
	return slice_from(s, s.n);
}

bool rspamd_symbol(struct slice symbols, const char *name)
{
	struct slice want = slice_str(name), s = symbols, skip;

	if (!slice_skip(&s, SLICE("[")))
		return false;
	do {
		if (slice_starts(s, want) && s.n > want.n && s.p[want.n] == '(')
			return true;
		if (!cut_at(&s, SLICE(")"), &skip))
			return false;
		if (slice_starts(s, SLICE("{")))
			s = rspamd_skip_options(s);
	} while (slice_skip(&s, SLICE(",")));
	return false;
}

/* ------------------------------------------------------------------ postgrey */

/*
 * `action=A, reason=R[, delay=N][, client_name=N], client_address=A[, sender=S], recipient=R`:
 * S and R are raw, whatever stands in them.
 */
static bool fields_postgrey(struct record *r)
{
	struct slice s = r->body;

	if (!slice_skip(&s, SLICE("action=")) || !cut_at(&s, SLICE(", reason="), &r->result) ||
	    !cut_at(&s, SLICE(", "), &r->detail))
		return false;
	if (slice_skip(&s, SLICE("delay=")) && !cut_at(&s, SLICE(", "), &r->delay))
		return false;
	if (slice_skip(&s, SLICE("client_name=")) && !cut_at(&s, SLICE(", "), &r->client_name))
		return false;
	if (!slice_skip(&s, SLICE("client_address=")) || !cut_at(&s, SLICE(", "), &r->client_ip))
		return false;
	r->sender = slice_head(s, 0); /* postgrey leaves out what is empty: no sender= is the null sender */
	if (slice_skip(&s, SLICE("sender="))) {
		if (occurs_again(s, SLICE(", recipient=")))
			r->flags |= RECORD_SUSPECT;
		if (!cut_at(&s, SLICE(", recipient="), &r->sender)) {
			r->sender = SLICE_NONE;
			r->flags |= RECORD_TRUNCATED;
			return true;
		}
	} else if (!slice_skip(&s, SLICE("recipient="))) {
		return false;
	}
	r->recipient = s;
	return true;
}

/* ----------------------------------------------------------------------- SPF */

/* policyd-spf prints blank and colon where a queue id was to stand. */
static struct slice spf_body(const struct record *r)
{
	struct slice s = r->body;

	slice_skip(&s, SLICE(": "));
	return s;
}

/* `client-ip=A; helo=H; envelope-from=`: H is Postfix's, without semicolon. */
static bool spf_client(struct slice *s, struct record *r)
{
	if (!slice_skip(s, SLICE("client-ip=")) || !cut_at(s, SLICE("; helo="), &r->client_ip) ||
	    span_of(r->client_ip, ".:") != r->client_ip.n || !cut_at(s, SLICE("; "), &r->helo))
		return false;
	return slice_skip(s, SLICE("envelope-from="));
}

/* `S; receiver=R `, the last `; receiver=` being the program's own unless R holds one too. */
static void spf_addresses(struct slice s, struct record *r)
{
	if (occurs_again(s, SLICE("; receiver=")))
		r->flags |= RECORD_SUSPECT;
	if (!cut_at(&s, SLICE("; receiver="), &r->sender)) {
		r->flags |= RECORD_TRUNCATED;
		return;
	}
	if (slice_eq(r->sender, SLICE("<>")))
		r->sender = slice_head(r->sender, 0);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == ')'))
		s.n--;
	r->recipient = s;
}

/* The explanation in parentheses is the sending domain's, the sender the client's: one place only
 * may fit. */
static void spf_details(struct slice s, struct record *r)
{
	ptrdiff_t at;
	int fits = 0;

	for (int tries = 0; tries < READINGS_MAX && (at = slice_find(s, SLICE("client-ip="))) >= 0; tries++) {
		struct record one = *r;
		struct slice before = slice_head(s, (size_t)at), t = slice_from(s, (size_t)at);
		s = slice_from(t, 1);
		if (!spf_client(&t, &one) || fits++)
			continue;
		if (slice_find(before, SLICE("mailfrom")) >= 0)
			one.detail = SLICE("mailfrom");
		else if (slice_find(before, SLICE("helo")) >= 0)
			one.detail = SLICE("helo");
		spf_addresses(t, &one);
		*r = one;
	}
	if (fits != 1)
		r->flags |= fits ? RECORD_SUSPECT : RECORD_TRUNCATED;
}

/* `... Received-SPF: Pass (...) identity=...` and `... Authentication-Results: HOST; spf=pass (...)
 * ...` */
static bool fields_spf_header(struct record *r)
{
	struct slice s = spf_body(r), skip;

	if (!cut_at(&s, SLICE("Received-SPF: "), &skip) && !cut_at(&s, SLICE("; spf="), &skip))
		return false;
	r->result = slice_head(s, span_of(s, ""));
	r->category = evidence_category(r->result);
	if (!slice_is_set(r->category))
		return false;
	spf_details(slice_from(s, r->result.n), r);
	return true;
}

/* `Message rejected due to: SPF fail - ... Please see http://...?s=mfrom;id=S;ip=A;r=R` */
static void spf_refusal(struct slice s, struct record *r)
{
	struct slice skip, id;

	if (occurs_again(s, SLICE("?s=")) || occurs_again(s, SLICE(";ip=")))
		r->flags |= RECORD_SUSPECT;
	if (!cut_at(&s, SLICE("?s="), &skip) || !cut_at(&s, SLICE(";id="), &r->detail) ||
	    !cut_at(&s, SLICE(";ip="), &id) || !cut_at(&s, SLICE(";r="), &r->client_ip))
		return; /* Reason_Message is the admin's: only its default names the client */
	if (slice_eq(r->detail, SLICE("mfrom"))) {
		r->detail = SLICE("mailfrom");
		r->sender = id;
	}
}

/* `550[ 5.7.23] TEXT`, `defer_if_permit[ 4.7.24] TEXT`: the code tells the result, if the words do
 * not. */
static bool fields_spf_refusal(struct record *r)
{
	struct slice s = spf_body(r), head = s, skip;
	bool defer = slice_starts(s, SLICE("defer")), error = defer;

	if (!cut_at(&s, SLICE(" "), &head))
		return false;
	if (slice_starts(s, SLICE("5.7.")) || slice_starts(s, SLICE("4.7."))) {
		error = error || slice_starts(s, SLICE("5.7.24"));
		cut_at(&s, SLICE(" "), &r->dsn);
	}
	r->result = head;
	r->text = s;
	r->category = !error ? SLICE("fail") : defer ? SLICE("temperror") : SLICE("permerror");
	spf_refusal(s, r);
	/* the program's own beginning of the text; behind it the sending domain may explain at
	 * length */
	if (cut_at(&s, SLICE(" due to: "), &skip)) {
		slice_skip(&s, SLICE("Receiver policy for "));
		struct slice word = slice_skip(&s, SLICE("SPF ")) ? slice_head(s, span_of(s, "")) : SLICE_NONE;
		struct slice known = evidence_category(word);
		if (slice_is_set(known)) {
			r->result = word;
			r->category = known;
		}
	}
	return true;
}

/* --------------------------------------------------------------- DKIM, DMARC */

/* `... d=DOMAIN...` or `... domain=DOMAIN ...` */
static struct slice dkim_domain(struct slice s)
{
	struct slice skip;

	if (!cut_at(&s, SLICE(" domain="), &skip) && !cut_at(&s, SLICE(" d="), &skip))
		return SLICE_NONE;
	return slice_head(s, span_of(s, "-_."));
}

static const struct {
	struct slice begins, category;
} dkim_results[] = {
    {SLICE("DKIM verification successful"), SLICE("pass")},
    {SLICE("bad signature data"), SLICE("fail")},
    {SLICE("no signature data"), SLICE("none")},
    {SLICE("key retrieval failed"), SLICE("temperror")},
    {SLICE("key revoked"), SLICE("permerror")},
    {SLICE("no signature error"), SLICE("pass")},
};

static void dkim_result(struct record *r, struct slice said)
{
	for (size_t i = 0; i < sizeof dkim_results / sizeof *dkim_results; i++)
		if (slice_starts(said, dkim_results[i].begins)) {
			r->result = dkim_results[i].begins;
			r->category = dkim_results[i].category;
			return;
		}
	r->result = said;
	r->category = SLICE("fail");
}

static bool fields_dkim(struct record *r)
{
	struct slice s = r->body, said = s, skip;

	r->detail = dkim_domain(s);
	/* LogResults: `signature=B domain=D selector=S result="TEXT"[; ...]`; one good signature is
	 * enough */
	if (cut_at(&s, SLICE(" result=\""), &skip)) {
		bool good = slice_find(r->body, SLICE(" result=\"no signature error\"")) >= 0;
		cut_at(&s, SLICE("\""), &said);
		said = good ? SLICE("no signature error") : said;
	} else if (cut_at(&s, SLICE(" SSL "), &skip)) {
		said = SLICE("SSL error");
	}
	dkim_result(r, said);
	return true;
}

/* `DOMAIN RESULT`, `SPF(mailfrom): DOMAIN RESULT` */
static bool fields_dmarc(struct record *r)
{
	struct slice s = r->body;
	ptrdiff_t blank = slice_rchr(s, ' ');

	if (blank <= 0)
		return false;
	r->result = slice_from(s, (size_t)blank + 1);
	r->category = evidence_category(r->result);
	r->detail = slice_head(s, (size_t)blank);
	if (slice_skip(&s, SLICE("SPF(")))
		r->detail = slice_head(s, span_of(s, ""));
	return slice_is_set(r->category);
}

/* --------------------------------------------------------------------- table */

/* rspamd's own log, syslog, syslog with the worker's name: the same line with three heads. */
#define RSPAMD_LINE                                                                              \
	"<a1b2c3>; proxy; rspamd_task_write_log: id: <20261122.1@example.com>, qid: "            \
	"<3F2A1C0D9E>, "                                                                         \
	"ip: 192.0.2.7, from: <a@example.com>, (default: F (no action): [1.20/15.00] "           \
	"[R_SPF_ALLOW(-0.20){+mx;},R_DKIM_NA(0.00){},DMARC_NA(0.00){example.com;}]), len: 812, " \
	"time: 88.1ms, dns req: 12, digest: <0f>, rcpts: <b@example.org>, mime_rcpts: "          \
	"<b@example.org>"
#define RSPAMD_PATTERN "<%w %w rspamd_task_write_log: id: <%*"

#define SPF_ROW(name, prefix, before, pattern, example, fields)                             \
	{                                                                                   \
		DAEMON_SPF, RECORD_SPF, "spf-" name, prefix pattern, before example, fields \
	}
#define SPF_ROWS(name, pattern, example, fields)                                                                       \
	SPF_ROW(name, "", "", pattern, example, fields), SPF_ROW(name "-colon", ": ", ": ", pattern, example, fields), \
	    SPF_ROW(name "-id", "%q: ", "3F2A1C0D9E: ", pattern, example, fields)
#define SPF_DETAILS                                                               \
	"client-ip=192.0.2.7; helo=mx.example.net; envelope-from=a@example.com; " \
	"receiver=b@example.org"
#define SPF_WHY       \
	"Please see " \
	"http://www.openspf.net/Why?s=mfrom;id=a@example.com;ip=192.0.2.7;r=mx.example.org"

#define DKIM_ROW(name, pattern, example)                                                                        \
	{                                                                                                       \
		DAEMON_OPENDKIM, RECORD_DKIM, "dkim-" name, "%q: " pattern, "3F2A1C0D9E: " example, fields_dkim \
	}
#define DMARC_ROW(result)                                                                                             \
	{                                                                                                             \
		DAEMON_OPENDMARC, RECORD_DMARC, "dmarc-" result, "%q: %w " result, "3F2A1C0D9E: example.com " result, \
		    fields_dmarc                                                                                      \
	}

const struct shape shapes_companions[] = {
    {DAEMON_AMAVIS, RECORD_AMAVIS, "amavis-passed", "(%w Passed %*",
     "(31268-05-3) Passed CLEAN {RelayedInbound}, [192.0.2.7]:50515 [192.0.2.7] <a@example.com> -> "
     "<b@example.org>, "
     "Queue-ID: 3F2A1C0D9E, Message-ID: <20261122.1@example.com>, mail_id: wLPr6LnkG9I2, Hits: "
     "1.3, size: 780, "
     "queued_as: 92890F4, 141 ms",
     fields_amavis},
    {DAEMON_AMAVIS, RECORD_AMAVIS, "amavis-blocked", "(%w Blocked %*",
     "(31268-05-7) Blocked SPAM {DiscardedInbound,Quarantined}, [192.0.2.7]:33651 [192.0.2.7] "
     "<a@example.com> -> "
     "<b@example.org>, quarantine: L/spam-Ly-hw1tbiCbh.gz, Queue-ID: 3F2A1C0D9E, Message-ID: "
     "<20261122.2@example.com>, "
     "mail_id: Ly-hw1tbiCbh, Hits: 1001.3, size: 771, 121 ms",
     fields_amavis},

    {DAEMON_RSPAMD, RECORD_RSPAMD, "rspamd-task", RSPAMD_PATTERN, RSPAMD_LINE, fields_rspamd},
    {DAEMON_RSPAMD, RECORD_RSPAMD, "rspamd-task-worker", "(%w " RSPAMD_PATTERN, "(rspamd_proxy) " RSPAMD_LINE,
     fields_rspamd},
    {DAEMON_RSPAMD, RECORD_RSPAMD, "rspamd-task-file", "#%w " RSPAMD_PATTERN, "#412(rspamd_proxy) " RSPAMD_LINE,
     fields_rspamd},

    {DAEMON_POSTGREY, RECORD_GREYLIST, "postgrey-action", "action=%~, reason=%*",
     "action=greylist, reason=new, client_name=mx.example.net, client_address=192.0.2.7, "
     "sender=a@example.com, "
     "recipient=b@example.org",
     fields_postgrey},
    {DAEMON_POSTGREY, RECORD_GREYLIST, "postgrey-action-id", "%q: action=%~, reason=%*",
     "3F2A1C0D9E: action=pass, reason=triplet found, delay=312, client_name=mx.example.net, "
     "client_address=192.0.2.7, sender=a@example.com, recipient=b@example.org",
     fields_postgrey},

    SPF_ROWS("received", "prepend Received-SPF: %*",
             "prepend Received-SPF: Pass (mailfrom) identity=mailfrom; " SPF_DETAILS " ", fields_spf_header),
    SPF_ROWS("results", "prepend Authentication-Results: %*",
             "prepend Authentication-Results: mx.example.org; spf=softfail (no reason) "
             "smtp.mailfrom=example.com "
             "(" SPF_DETAILS ")",
             fields_spf_header),
    SPF_ROWS("not-prepended", "Header field not prepended: %*",
             "Header field not prepended: Received-SPF: None (no SPF record) identity=helo; " SPF_DETAILS " ",
             fields_spf_header),
    SPF_ROWS("refused", "550 %*", "550 5.7.23 Message rejected due to: SPF fail - not authorized. " SPF_WHY,
             fields_spf_refusal),
    SPF_ROWS("deferred", "defer_if_permit %*",
             "defer_if_permit 4.7.24 Message deferred due to: SPF Temporary Error: DNS "
             "timeout. " SPF_WHY,
             fields_spf_refusal),

    DKIM_ROW("verified", "DKIM verification successful", "DKIM verification successful"),
    DKIM_ROW("bad-signature", "bad signature data", "bad signature data"),
    DKIM_ROW("no-signature", "no signature data", "no signature data"),
    DKIM_ROW("no-key", "key retrieval failed%*",
             "key retrieval failed (s=mail, d=example.com): 'mail._domainkey.example.com' record "
             "not found"),
    DKIM_ROW("revoked", "key revoked (%*", "key revoked (s=mail, d=example.com, a=rsa-sha256)"),
    DKIM_ROW("result", "signature=%~ domain=%*",
             "signature=dJ2fQ1x0 domain=example.com selector=mail result=\"no signature error\""),
    DKIM_ROW("ssl", "s=%w d=%w %*",
             "s=mail d=example.com a=rsa-sha256 SSL error:04091068:rsa routines:INT_RSA_VERIFY:bad "
             "signature"),

    DMARC_ROW("pass"),
    DMARC_ROW("fail"),
    DMARC_ROW("none"),
    DMARC_ROW("temperror"),
    DMARC_ROW("permerror"),
    {DAEMON_OPENDMARC, RECORD_SPF, "dmarc-spf-mailfrom", "%q: SPF(mailfrom): %*",
     "3F2A1C0D9E: SPF(mailfrom): example.com softfail", fields_dmarc},
    {DAEMON_OPENDMARC, RECORD_SPF, "dmarc-spf-helo", "%q: SPF(helo): %*", "3F2A1C0D9E: SPF(helo): mx.example.net none",
     fields_dmarc},
};

const size_t shapes_companions_count = sizeof shapes_companions / sizeof *shapes_companions;
