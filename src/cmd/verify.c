// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "base/str.h"
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
		       gen.manifest.nfiles, str_size(manifest_bytes(&gen.manifest)).text);
	generation_close(&gen);
	if (rc == 0)
		return EXIT_DONE;
	error_prefix(&e, "job %s", job);
	return complain(&e);
}

static int verify_job(const struct scheckpoint *s, const char *job,
		      const struct folder *folder, const unsigned int *numbers,
		      size_t count)
{
	int status = EXIT_DONE;

	(void)s;
	for (size_t i = 0; i < count; i++) {
		if (verify_generation(folder, job, numbers[i]) != EXIT_DONE)
			status = EXIT_FAILED;
	}
	return status;
}

int verb_verify(const struct scheckpoint *s, int argc, char **argv)
{
	return each_job(s, argc, argv, verify_job);
}
