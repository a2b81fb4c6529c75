// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "cmd/doctor.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

struct patient {
	const struct scheckpoint *s;
	bool missing;
};

static const char *const kinds[] = {
	[FINDING_RIGHT] = "ok", [FINDING_ADVICE] = "advice", [FINDING_MISSING] = "missing"
};

void doctor_find(const struct doctor *d, enum finding_kind kind, const char *use,
		 const char *write, const char *format, ...)
{
	struct finding finding = { .kind = kind, .use = use };
	va_list ap;

	va_start(ap, format);
	vsnprintf(finding.text.text, sizeof(finding.text.text), format, ap);
	va_end(ap);
	snprintf(finding.write.text, sizeof(finding.write.text), "%s", write);
	d->fn(d->arg, &finding);
}

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

/*
 * Root becomes the user whose jobs are meant, for good: the self-test begins processes,
 * and looks into directories, that are that user's.
 */
static int become_user(const char *name, struct error *e)
{
	const struct passwd *pw = getpwnam(name);
	const char *path = getenv("PATH");
	cleanup_free char *kept = strdup(path ? path : "/usr/bin:/bin");
	cleanup_close int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (!pw || !kept || null < 0)
		return error_sys(e, "user %s", name);
	(void)setsid();
	fflush(stdout);
	if (dup2(null, STDIN_FILENO) < 0 || initgroups(pw->pw_name, pw->pw_gid) < 0 ||
	    setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0)
		return error_sys(e, "user %s", name);
	if (clearenv() != 0 || setenv("PATH", kept, 1) < 0 ||
	    setenv("HOME", pw->pw_dir, 1) < 0)
		return error_sys(e, "environment");
	return chdir("/") < 0 ? error_sys(e, "/") : 0;
}

void doctor_node(const struct doctor *d, const struct site_paths *paths)
{
	if (d->s->conf.ignored)
		doctor_find(d, FINDING_ADVICE, "configuration", "", "%s",
			    d->s->conf.ignored);
	if (paths->plugstack)
		doctor_plugin(d, paths);
	doctor_engines(d);
	doctor_dir(d);
}

static int examine(const struct scheckpoint *s)
{
	struct patient patient = { .s = s };
	struct doctor d = { .s = s, .user = s->self, .fn = say_finding, .arg = &patient };
	struct site_paths paths;
	struct site site;
	struct error e;

	if (site_read(&site, &paths, &e) == 0) {
		site.limit_warning = s->conf.grace_time;
		site_judge(&site, say_finding, &patient);
	} else {
		patient.missing = true;
		complain(&e);
	}
	site_free(&site);
	if (getuid() == 0) {
		d.user = s->user;
		doctor_strangers(&d);
	}
	if (getuid() == 0 && s->user && become_user(s->user, &e) < 0)
		patient.missing = complain(&e);
	else
		doctor_node(&d, &paths);
	site_paths_free(&paths);
	return patient.missing ? EXIT_FAILED : EXIT_DONE;
}

int verb_doctor(const struct scheckpoint *s, int argc, char **argv)
{
	if (argc > 0)
		return misuse("doctor: what is %s?", argv[0]);
	if (s->user && getuid() != 0)
		return misuse("doctor: --user is for root");
	if (s->node_token)
		return doctor_tell_node(s, s->node_token);
	return s->all_nodes ? doctor_nodes(s) : examine(s);
}
