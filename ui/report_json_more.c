#include "json.h"
#include "report_i.h"

#define DAY_US INT64_C(86400000000)

static void json_days(struct json *j, const struct report *r)
{
	char date[STAMP_TEXT];

	json_list(j, "days");
	for (size_t i = 0; i < r->days; i++) {
		const struct report_day *day = &r->day[i];
		json_object(j, NULL);
		json_str(j, "day", day_of(day->day * DAY_US, date));
		json_bool(j, "watched", day->watched);
		json_bool(j, "hole", day->hole);
		json_int(j, "mails", day->mails);
		json_int(j, "would_be_lost", day->lost);
		json_int(j, "new_sources", day->new_sources);
		json_int(j, "new_losing_sources", day->new_losing);
		json_int(j, "sources", day->sources);
		json_int(j, "losing_sources", day->losing);
		json_object_end(j);
	}
	json_list_end(j);
}

static void json_rates(struct json *j, const struct report *r)
{
	bool any = r->forecast_days > 0;

	json_list(j, "rates");
	for (int i = 0; any && i < REPORT_FORECASTS; i++) {
		const struct report_forecast *f = &r->forecast[i];
		json_object(j, NULL);
		json_str(j, "verdict", f->verdict);
		json_int(j, "attempts", f->attempts);
		json_int(j, "mails", f->mails);
		json_int(j, "would_be_lost", f->lost);
		json_real(j, "days", r->forecast_days);
		json_object_end(j);
	}
	json_list_end(j);
}

static void json_inputs(struct json *j, const struct report *r)
{
	json_list(j, "inputs");
	for (size_t i = 0; i < r->inputs; i++) {
		const struct report_input *in = &r->input[i];
		json_object(j, NULL);
		json_str(j, "file", in->file);
		json_str(j, "log", in->log);
		json_time(j, "first_time", in->first_us);
		json_time(j, "last_time", in->last_us);
		json_int(j, "from_byte", in->from);
		json_int(j, "to_byte", in->to);
		json_bool(j, "whole", in->whole);
		json_bool(j, "unsure", in->unsure);
		json_int(j, "head_bytes", in->head_bytes);
		json_str(j, "head_sha256", in->head);
		json_int(j, "tail_bytes", in->tail_bytes);
		json_str(j, "tail_sha256", in->tail);
		json_object_end(j);
	}
	json_list_end(j);
}

void report_json_more(struct json *j, const struct report *r)
{
	json_days(j, r);
	json_rates(j, r);
	json_inputs(j, r);
}
