// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/html.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "testing.h"

static void a_text_is_nothing_but_text(void **state)
{
	static const struct {
		const char *text, *html;
	} cases[] = {
		{ "", "" },
		{ "n1", "n1" },
		{ "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;" },
		{ "' onload='x", "&#39; onload=&#39;x" },
		{ "\"&\"", "&quot;&amp;&quot;" },
		{ "&lt;", "&amp;lt;" },
		{ "]]>-->", "]]&gt;--&gt;" },
		{ "\xc3\xbc", "\xc3\xbc" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++) {
		cleanup_free char *html = NULL;
		size_t size;
		FILE *f = open_memstream(&html, &size);

		html_text(f, cases[i].text);
		fclose(f);
		assert_string_equal(html, cases[i].html);
	}
}

static void durations_are_in_the_words_that_people_use(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} cases[] = {
		{ 0, "0.00 s" },
		{ 0.214, "0.21 s" },
		{ 42.06, "42.1 s" },
		{ 60, "1 m 00 s" },
		{ 3599.9, "59 m 59 s" },
		{ 3600, "1 h 00 m" },
		{ 86399, "23 h 59 m" },
		{ 86400, "1 d 00 h" },
		{ 86400 * 99.5, "99 d 12 h" },
		{ 1e12, "11574074 d" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_string_equal(html_duration(cases[i].seconds).text, cases[i].text);
}

static void only_all_of_it_is_a_hundred_percent(void **state)
{
	static const struct {
		double share;
		const char *text;
	} cases[] = {
		{ 0, "0.0 %" },
		{ 0.8735, "87.4 %" },
		{ 0.9999, "99.9 %" },
		{ 1, "100 %" },
	};

	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_string_equal(html_percent(cases[i].share).text, cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_nothing_but_text),
		cmocka_unit_test(durations_are_in_the_words_that_people_use),
		cmocka_unit_test(only_all_of_it_is_a_hundred_percent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
