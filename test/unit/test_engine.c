// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/engine.h"

#include <signal.h>
#include <string.h>

#include "testing.h"

static char nonesuch[] = "/nonesuch/criu";

#define NO_CRIU	  "CriuPath=/nonesuch/criu: No such file or directory"
#define NO_SIGNAL "a job that saves itself has to name the signal that tells it to: "
#define NO_SIGN	  "a job that saves itself has to name a sign that it is saved: "

/* What a job with these wishes gets where there is no criu: an engine, or a sentence. */
struct choice {
	const char *order;  /* of the site */
	const char *engine; /* what the job asks for */
	int signum, exit_code;
	const char *chosen, *begin; /* of the sentence */
};

static void check(const struct choice *c)
{
	struct conf conf = { .criu_path = nonesuch, .engines = (char *)c->order };
	struct wishes wishes = { .engine = c->engine,
				 .signal = c->signum,
				 .exit_code = c->exit_code };
	struct engine_job job = {
		.conf = &conf, .wishes = &wishes, .nodes = 1, .cancel_fd = -1
	};
	struct engine_choice choice;
	struct error e = { .text = "" };
	int rc = engine_choose(&job, &choice, &e);

	assert_int_equal(rc, c->chosen ? 0 : -1);
	if (c->chosen)
		assert_string_equal(choice.engine->name, c->chosen);
	else
		assert_memory_equal(e.text, c->begin, strlen(c->begin));
}

static void what_a_job_asks_for_comes_before_the_order_of_the_site(void **state)
{
	static const struct choice choices[] = {
		{ NULL, NULL, SIGUSR1, 85, "app", NULL },
		{ "criu", NULL, SIGUSR1, 85, "app", NULL },
		{ "app,criu", "criu", SIGUSR1, 85, NULL, NO_CRIU },
		{ NULL, "app", 0, -1, NULL, NO_SIGNAL },
		{ NULL, "app", 0, 85, NULL, NO_SIGNAL },
		{ NULL, NULL, SIGUSR1, -1, NULL, NO_SIGN },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(choices); i++)
		check(&choices[i]);
}

static void of_engines_that_nobody_asked_for_nothing_is_said(void **state)
{
	static const struct choice choices[] = {
		{ NULL, NULL, 0, -1, NULL, NO_CRIU },
		{ "app,criu", NULL, 0, -1, NULL, NO_CRIU },
		{ "app", NULL, 0, -1, NULL, NO_SIGNAL },
		{ "criu,app", NULL, 0, 85, NULL, "criu: " NO_CRIU "; app: " NO_SIGNAL },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(choices); i++)
		check(&choices[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_job_asks_for_comes_before_the_order_of_the_site),
		cmocka_unit_test(of_engines_that_nobody_asked_for_nothing_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
