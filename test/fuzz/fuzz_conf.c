// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_conf.c - no checkpoint.conf, interval or directory pattern, however odd,
 * reads or writes outside what it may; and what is refused is refused with a
 * sentence.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/conf.h"
#include "base/timefmt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

static void fuzz_conf(const char *text, size_t size)
{
	struct error e = { .text = "" };
	struct conf conf;

	must(conf_init(&conf, &e) == 0);
	must(conf_parse(&conf, text, size, "fuzz", &e) == 0 || e.text[0]);
	must(conf.keep >= 1 && conf.grace_time >= 1);
	must(conf.interval >= 0 || conf.interval == CONF_INTERVAL_AUTO);
	must(conf.quota <= INT64_MAX);
	must(conf.checkpoint_dir[0] == '/');
	must(conf.cleanup <= CLEANUP_ALWAYS && conf.log_level <= LOG_DEBUG);
	conf_free(&conf);
}

static void fuzz_words(const char *text)
{
	struct error e = { .text = "" };
	cleanup_free char *dir = conf_expand_dir(text, "alice", 1, &e);
	long seconds = 0;

	must(dir || e.text[0]);
	must(timefmt_parse(text, &seconds, &e) < 0 ||
	     (seconds >= 0 && seconds <= 31536000));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_free char *text = malloc(size + 1);

	must(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	fuzz_conf(text, size);
	fuzz_words(text);
	return 0;
}
