#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../ui/html.h"
#include "../../ui/report_tables.h"
#include "../../ui/report_words.h"

static const struct report_word *word_find(const char *id)
{
	const struct report_word *w = NULL;

	for (size_t i = 0; (w = report_words(i)) != NULL && strcmp(w->id, id) != 0; i++)
		;
	return w;
}

static void every_column_leads_to_a_word_that_is_there(void **state)
{
	(void)state;
	const struct report_table *table;

	for (size_t i = 0; (table = report_tables(i)) != NULL; i++) {
		assert_true(table->columns <= REPORT_FIELDS);
		for (size_t c = 0; c < table->columns; c++) {
			const struct report_column *column = &table->column[c];
			assert_true(!column->word || word_find(column->word));
			assert_true(column->title || column->flags & COLUMN_PROGRAM);
		}
	}
}

static void every_criterion_has_its_meaning(void **state)
{
	(void)state;
	for (int i = 0; i < CRITERION_COUNT; i++)
		assert_non_null(word_find(criterion_name((enum criterion_id)i)));
}

static void ids_of_words_are_there_once_and_meanings_are_no_markup(void **state)
{
	(void)state;
	const struct report_word *w;

	for (size_t i = 0; (w = report_words(i)) != NULL; i++) {
		assert_ptr_equal(word_find(w->id), w);
		assert_int_equal(strspn(w->id, "abcdefghijklmnopqrstuvwxyz_-"), strlen(w->id));
		assert_null(strpbrk(w->means, "<>&"));
		assert_null(strpbrk(w->word, "<>&"));
	}
}

static void tables_are_found_by_their_names_and_fields_are_named_once(void **state)
{
	(void)state;
	const struct report_table *table;

	for (size_t i = 0; (table = report_tables(i)) != NULL; i++) {
		assert_ptr_equal(report_table_find(table->name), table);
		for (size_t c = 0; c < table->columns; c++)
			for (size_t k = 0; k < c; k++)
				assert_string_not_equal(table->column[c].name, table->column[k].name);
	}
	assert_null(report_table_find("nosuch"));
}

static void neither_style_nor_script_can_end_its_element(void **state)
{
	(void)state;
	assert_null(strchr(html_style, '<'));
	assert_null(strchr(html_script, '<'));
	assert_null(strstr(html_style, "url("));
	assert_null(strstr(html_style, "@import"));
}

static void what_stands_between_backticks_is_code_and_still_no_markup(void **state)
{
	(void)state;
	struct text t = {0};

	html_words(&t, SLICE("do `x <b>`, or `y` and ` <i>"));
	assert_string_equal(t.p, "do <code>x &lt;b&gt;</code>, or <code>y</code> and ` &lt;i&gt;");
	text_clear(&t);
	html_words(&t, SLICE("``"));
	assert_string_equal(t.p, "<code></code>");
	text_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_column_leads_to_a_word_that_is_there),
	    cmocka_unit_test(every_criterion_has_its_meaning),
	    cmocka_unit_test(ids_of_words_are_there_once_and_meanings_are_no_markup),
	    cmocka_unit_test(tables_are_found_by_their_names_and_fields_are_named_once),
	    cmocka_unit_test(what_stands_between_backticks_is_code_and_still_no_markup),
	    cmocka_unit_test(neither_style_nor_script_can_end_its_element),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
