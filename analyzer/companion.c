/*
 * What the companions say of a mail: SPF, DKIM, DMARC, spam and virus filters
 * (postfix-log-grammar.md 6). Evidence for people; of all this only amavis'
 * lines tell a fate.
 */
#include "../parsers/companions.h"
#include "../parsers/shapes.h"
#include "tracker_i.h"

void on_spf(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	(void)h, (void)place;
	if (!shapes_fields(rec) || !slice_is_set(rec->sender) || (rec->flags & RECORD_SUSPECT))
		return;
	struct spf_seen *seen = &t->spf[t->spf_next % SPF_RING];
	if (!ip_parse(rec->client_ip, &seen->ip))
		return;
	struct slice sender = slice_eq(rec->sender, SLICE("<>")) ? SLICE("") : rec->sender;
	seen->sender = tracker_address(t, sender);
	seen->us = t->us;
	seen->result = (uint8_t)evidence_of(rec->result);
	t->spf_next++;
	t->spf_dirty = true;
}

static void on_result(struct tracker *t, struct message *m, struct record *rec)
{
	if (!m->tx || !m->tx->mail || !shapes_fields(rec) || !slice_is_set(rec->category))
		return;
	struct mail *mail = m->tx->mail;
	evidence_note(t, mail, rec->kind == RECORD_DKIM ? &mail->dkim : &mail->dmarc, evidence_of(rec->category));
}

/* opendkim's and opendmarc's results; some name the queue id among their fields only. */
void on_signature(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	(void)place;
	if (!slice_is_set(rec->queue_id) && (!shapes_fields(rec) || !slice_is_set(rec->queue_id)))
		return;
	struct message *m = message_of(t, h, rec->queue_id);
	if (m)
		on_result(t, m, rec);
}

/* Reading the whole line is dear, and most of amavis' lines are about mails that nobody asked about. */
static bool amavis_of_interest(struct tracker *t, struct host *h, const struct record *rec)
{
	struct slice rest = rec->line->text, id;
	ptrdiff_t at;

	while ((at = slice_find(rest, SLICE("Queue-ID: "))) >= 0) {
		rest = slice_from(rest, (size_t)at + 10);
		struct slice s = rest;
		if (shapes_queue_id(&s, &id) && message_of(t, h, id))
			return true;
	}
	return false;
}

void on_amavis(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	(void)place;
	if (!amavis_of_interest(t, h, rec))
		return;
	if (!shapes_fields(rec) || !slice_is_set(rec->queue_id) || (rec->flags & RECORD_SUSPECT))
		return;
	struct message *m = message_of(t, h, rec->queue_id);
	if (m)
		message_amavis(t, m, rec);
}

enum rspamd_part { PART_SPF, PART_DKIM, PART_DMARC, PART_ACTION };

/* rspamd's words (grammar 6.2): symbols of its list, and what it did in the end. */
static const struct {
	enum rspamd_part part;
	const char *word;
	enum evidence says;
} rspamd_words[] = {
    {PART_SPF, "R_SPF_ALLOW", EVIDENCE_PASS},
    {PART_SPF, "R_SPF_FAIL", EVIDENCE_FAIL},
    {PART_SPF, "R_SPF_SOFTFAIL", EVIDENCE_SOFTFAIL},
    {PART_SPF, "R_SPF_NEUTRAL", EVIDENCE_NEUTRAL},
    {PART_SPF, "R_SPF_DNSFAIL", EVIDENCE_TEMPERROR},
    {PART_SPF, "R_SPF_PERMFAIL", EVIDENCE_PERMERROR},
    {PART_SPF, "R_SPF_NA", EVIDENCE_NO_RECORD},
    {PART_DKIM, "R_DKIM_ALLOW", EVIDENCE_PASS},
    {PART_DKIM, "R_DKIM_REJECT", EVIDENCE_FAIL},
    {PART_DKIM, "R_DKIM_TEMPFAIL", EVIDENCE_TEMPERROR},
    {PART_DKIM, "R_DKIM_PERMFAIL", EVIDENCE_PERMERROR},
    {PART_DKIM, "R_DKIM_NA", EVIDENCE_NO_RECORD},
    {PART_DMARC, "DMARC_POLICY_ALLOW", EVIDENCE_PASS},
    {PART_DMARC, "DMARC_POLICY_REJECT", EVIDENCE_FAIL},
    {PART_DMARC, "DMARC_POLICY_QUARANTINE", EVIDENCE_FAIL},
    {PART_DMARC, "DMARC_POLICY_SOFTFAIL", EVIDENCE_FAIL},
    {PART_DMARC, "DMARC_NA", EVIDENCE_NO_RECORD},
    {PART_ACTION, "no action", EVIDENCE_CLEAN},
    {PART_ACTION, "greylist", EVIDENCE_CLEAN},
    {PART_ACTION, "add header", EVIDENCE_SPAMMY},
    {PART_ACTION, "rewrite subject", EVIDENCE_SPAMMY},
    {PART_ACTION, "soft reject", EVIDENCE_SPAMMY},
    {PART_ACTION, "reject", EVIDENCE_SPAM},
    {PART_ACTION, "quarantine", EVIDENCE_SPAM},
    {PART_ACTION, "discard", EVIDENCE_SPAM},
};

/* rspamd's task line names the queue id once there is one. */
void on_rspamd(struct tracker *t, struct host *h, struct record *rec, uint64_t place)
{
	(void)place;
	if (t->messages.used == 0 || !shapes_fields(rec) || !slice_is_set(rec->queue_id) ||
	    (rec->flags & RECORD_SUSPECT))
		return;
	struct message *m = message_of(t, h, rec->queue_id);
	if (!m || !m->tx || !m->tx->mail)
		return;
	struct mail *mail = m->tx->mail;
	uint8_t *const slot[] = {&mail->spf, &mail->dkim, &mail->dmarc, &mail->spam};
	for (size_t i = 0; i < sizeof rspamd_words / sizeof *rspamd_words; i++) {
		struct slice word = slice_str(rspamd_words[i].word);
		if (rspamd_words[i].part == PART_ACTION ? slice_eq(rec->result, word)
		                                        : rspamd_symbol(rec->detail, rspamd_words[i].word))
			evidence_note(t, mail, slot[rspamd_words[i].part], rspamd_words[i].says);
	}
}
