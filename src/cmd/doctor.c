// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/doctor.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "slurm/site.h"

struct patient {
	const struct scheckpoint *s;
	bool missing;
};

static const char *const kinds[] = {
	[FINDING_RIGHT] = "ok", [FINDING_ADVICE] = "advice", [FINDING_MISSING] = "missing"
};

static void add_json(const struct scheckpoint *s, const struct finding *f)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "kind", kinds[f->kind]);
	json_text(o, "use", f->use);
	json_text(o, "text", f->text.text);
	json_text(o, "write", *f->write.text ? f->write.text : NULL);
	json_object_array_add(s->json, o);
}

static void say_finding(void *arg, const struct finding *f)
{
	struct patient *patient = arg;
	const struct scheckpoint *s = patient->s;

	patient->missing |= f->kind == FINDING_MISSING;
	if (s->json)
		add_json(s, f);
	else if (!s->quiet || f->kind == FINDING_MISSING)
		printf("%-8s %s: %s%s%s\n", kinds[f->kind], f->use, f->text.text,
		       *f->write.text ? "; write in " : "", f->write.text);
}

int verb_doctor(const struct scheckpoint *s, int argc, char **argv)
{
	struct patient patient = { .s = s };
	cleanup_free char *plugstack = NULL;
	struct site site;
	struct error e;

	if (argc > 0)
		return misuse("doctor: what is %s?", argv[0]);
	if (site_read(&site, &plugstack, &e) == 0) {
		site.limit_warning = s->conf.grace_time;
		site_judge(&site, say_finding, &patient);
	} else {
		patient.missing = true;
		complain(&e);
	}
	site_free(&site);
	doctor_node(s, plugstack, say_finding, &patient);
	return patient.missing ? EXIT_FAILED : EXIT_DONE;
}
