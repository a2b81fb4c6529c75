// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "cmd/scheckpoint.h"
#include "store/generation.h"

static int verify_generation(const struct folder *folder, const char *job,
			     unsigned int number)
{
	struct generation gen;
	struct error e;
	int rc = generation_open(&gen, folder, number, &e);

	if (rc == 0)
		rc = generation_verify(&gen, &e);
	if (rc == 0)
		printf("job %s: generation %u: whole, %zu files, %s\n", job, number,
		       gen.manifest.nfiles, size_text(manifest_bytes(&gen.manifest)));
	generation_close(&gen);
	if (rc == 0)
		return EXIT_DONE;
	error_prefix(&e, "job %s", job);
	return complain(&e);
}

static int verify_job(const struct scheckpoint *s, const char *text)
{
	cleanup_free unsigned int *numbers = NULL;
	struct folder folder;
	int status = EXIT_DONE;
	struct error e;
	size_t count = 0;

	if (open_job(s, text, &folder, &e) < 0 ||
	    generation_list(&folder, &numbers, &count, &e) < 0)
		status = complain(&e);
	for (size_t i = 0; i < count; i++) {
		if (verify_generation(&folder, text, numbers[i]) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	folder_close(&folder);
	return status;
}

int verb_verify(const struct scheckpoint *s, int argc, char **argv)
{
	int status = EXIT_DONE;

	for (int i = 0; i < argc; i++) {
		if (verify_job(s, argv[i]) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	return status;
}
