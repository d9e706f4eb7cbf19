#include "json.h"
#include "report_i.h"

static void json_exceptions(struct json *j, const struct proof *proof)
{
	static const char *const proofs[] = {
	    [PROOF_FILES] = "files", [PROOF_SEEN] = "seen", [PROOF_LOGIN] = "login", [PROOF_NETWORKS] = "networks"};

	json_list(j, "exceptions");
	for (size_t i = 0; proof && i < proof->subjects; i++) {
		const struct proof_subject *s = &proof->subject[i];
		json_object(j, NULL);
		json_str(j, "kind", s->kind);
		json_str(j, "subject", s->subject);
		json_str(j, "verdict", s->verdict);
		json_time(j, "said", s->said_us);
		json_str(j, "note", s->note);
		json_str(j, "owner", s->owner);
		json_str(j, "expires", s->expires);
		json_int(j, "mails", s->mails);
		json_int(j, "would_be_lost", s->lost);
		json_int(j, "recipients", s->recipients);
		json_bool(j, "proven", s->proof != PROOF_NONE);
		json_str(j, "proof", proofs[s->proof]);
		json_str(j, "why", s->why);
		json_time(j, "last_warned", s->last_warned);
		json_time(j, "last_unwarned", s->last_unwarned);
		json_bool(j, "still_warned", s->still_warned);
		json_str(j, "login", s->login);
		json_int(j, "login_mismatches", s->mismatches);
		json_object_end(j);
	}
	json_list_end(j);
}

static void json_insiders(struct json *j, const struct proof *proof)
{
	json_list(j, "insiders");
	for (size_t i = 0; proof && i < proof->insiders; i++) {
		const struct proof_insider *s = &proof->insider[i];
		json_object(j, NULL);
		json_str(j, "client_ip", s->client_ip);
		json_str(j, "client_name", s->client_name);
		json_str(j, "sort", s->foreign ? "foreign-sender" : "warned");
		json_str(j, "sender", s->sender);
		json_int(j, "senders", s->senders);
		json_int(j, "mails", s->mails);
		json_time(j, "first_seen", s->first_us);
		json_time(j, "last_seen", s->last_us);
		if (s->networks == INSIDER_UNKNOWN)
			json_null(j, "in_mynetworks");
		else
			json_bool(j, "in_mynetworks", s->networks == INSIDER_IN_NETWORKS);
		json_object_end(j);
	}
	json_list_end(j);
}

static void json_gaps(struct json *j, const struct proof *proof)
{
	json_list(j, "rule_gaps");
	for (size_t i = 0; proof && i < proof->gaps; i++) {
		const struct proof_gap *g = &proof->gap[i];
		json_object(j, NULL);
		json_str(j, "host", g->host);
		json_str(j, "domain", g->domain);
		json_str(j, "sender", g->sender);
		json_str(j, "source", g->source);
		json_str(j, "client_ip", g->client_ip);
		json_str(j, "client_name", g->client_name);
		json_int(j, "mails", g->mails);
		json_time(j, "first_seen", g->first_us);
		json_time(j, "last_seen", g->last_us);
		json_bool(j, "exempted", g->exempted);
		json_str(j, "why", g->why);
		json_object_end(j);
	}
	json_list_end(j);
}

static void json_regressions(struct json *j, const struct proof *proof)
{
	json_list(j, "regressions");
	for (size_t i = 0; proof && i < proof->regressions; i++) {
		const struct proof_regression *g = &proof->regression[i];
		json_object(j, NULL);
		json_time(j, "time", g->time_us);
		json_str(j, "host", g->host);
		json_str(j, "client_name", g->client_name);
		json_str(j, "client_ip", g->client_ip);
		json_slice(j, "sender", slice_str(g->sender)); /* "" is the null sender */
		json_str(j, "recipient", g->recipient);
		json_str(j, "source", g->source);
		json_int(j, "code", g->code);
		json_int(j, "attempts", g->attempts);
		json_str(j, "why", g->why);
		json_object_end(j);
	}
	json_list_end(j);
}

static void json_forecast(struct json *j, const struct proof *proof)
{
	json_list(j, "forecast");
	for (size_t i = 0; proof && i < proof->forecasts; i++) {
		const struct proof_forecast *f = &proof->forecast[i];
		json_object(j, NULL);
		json_str(j, "source", f->source);
		json_real(j, "forecast_a_day", f->forecast);
		json_int(j, "refused", f->refused);
		json_real(j, "days", f->days);
		json_str(j, "verdict", source_verdict_name(f->verdict));
		json_object_end(j);
	}
	json_list_end(j);
}

void report_json_proof(struct json *j, const struct proof *proof)
{
	json_regressions(j, proof);
	json_gaps(j, proof);
	json_object(j, "counts");
	json_int(j, "regressions", proof ? proof->regressions_all : 0);
	json_int(j, "rule_gap_mails", proof ? proof->gap_mails : 0);
	json_int(j, "exempted_mails", proof ? proof->exempted_mails : 0);
	json_int(j, "not_proven", proof ? proof->not_proven : 0);
	json_int(j, "still_warned", proof ? proof->still_warned : 0);
	json_object_end(j);
	json_exceptions(j, proof);
	json_insiders(j, proof);
	json_forecast(j, proof);
}
