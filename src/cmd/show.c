// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <stdio.h>

#include "base/str.h"
#include "cmd/scheckpoint.h"
#include "store/generation.h"

static const char *attribute(const struct manifest *m, const char *name)
{
	const char *value = manifest_get(m, name);

	return value ? value : "Unknown";
}

static int print_generation(const struct folder *folder, unsigned int number)
{
	struct generation gen;
	unsigned long long when = 0;
	struct error e;

	if (generation_open(&gen, folder, number, &e) < 0) {
		generation_close(&gen);
		return complain(&e);
	}
	(void)manifest_get_number(&gen.manifest, "time", LLONG_MAX, &when);
	printf("   Generation=%u Time=%s Reason=%s Seconds=%s\n", number, time_text(when),
	       attribute(&gen.manifest, "reason"), attribute(&gen.manifest, "seconds"));
	printf("   Engine=%s Node=%s Restarts=%s Size=%s Files=%zu OpenFiles=%zu\n",
	       attribute(&gen.manifest, "engine"), attribute(&gen.manifest, "node"),
	       attribute(&gen.manifest, "restart"),
	       str_size(manifest_bytes(&gen.manifest)).text, gen.manifest.nfiles,
	       gen.manifest.noutputs);
	generation_close(&gen);
	return EXIT_DONE;
}

static int show_job(const struct scheckpoint *s, const struct stored_job *job, void *arg)
{
	int status = EXIT_DONE;

	(void)arg;
	printf("JobId=%s Cluster=%s User=%s Generations=%zu Dir=%s\n", job->name,
	       s->cluster, job->user, job->count, job->folder->path);
	for (size_t i = 0; i < job->count; i++) {
		if (print_generation(job->folder, job->numbers[i]) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	return status;
}

int verb_show(const struct scheckpoint *s, int argc, char **argv)
{
	return each_stored(s, argc, argv, show_job, NULL);
}
