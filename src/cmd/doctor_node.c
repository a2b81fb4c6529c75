// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor_node - one node's answer to doctor_nodes(), as a line of JSON. */
#define _GNU_SOURCE
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "cmd/doctor.h"
#include "engine/engine.h"
#include "store/store.h"

#define TOKEN_MAX 64 /* bytes of its name and of what is in it */

struct answer {
	struct json_object *findings;
	struct json_object *node;
	char *engines; /* "criu 4.1.1, dmtcp fails" */
};

/* ---- the processor ---- */

/* What each level of x86-64 has over the one before, as /proc/cpuinfo calls it. */
static const struct {
	const char *name;
	const char *flags[8];
} levels[] = {
	{ "x86-64-v2", { "cx16", "popcnt", "sse4_1", "sse4_2", "ssse3" } },
	{ "x86-64-v3", { "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe" } },
	{ "x86-64-v4", { "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl" } },
};

static bool has_flag(const char *flags, const char *flag)
{
	const size_t length = strlen(flag);

	for (const char *p = flags; (p = strstr(p, flag)); p += length) {
		if (p > flags && p[-1] == ' ' && !isalnum((unsigned char)p[length]) &&
		    p[length] != '_')
			return true;
	}
	return false;
}

static bool has_level(const char *flags, size_t level)
{
	for (size_t i = 0; levels[level].flags[i]; i++) {
		if (!has_flag(flags, levels[level].flags[i]))
			return false;
	}
	return true;
}

static const char *cpu_class(const struct utsname *system)
{
	size_t size;
	cleanup_free char *text =
		file_read(AT_FDCWD, "/proc/cpuinfo", (size_t)1 << 16, &size, NULL);
	char *flags = text ? strstr(text, "\nflags") : NULL;
	const char *class = system->machine;

	if (!flags || strcmp(system->machine, "x86_64") != 0)
		return class;
	flags++;
	flags[strcspn(flags, "\n")] = '\0';
	class = "x86-64-v1";
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
		if (!has_level(flags, i))
			break;
		class = levels[i].name;
	}
	return class;
}

/* ---- the answer ---- */

static void add_engine(struct answer *a, const char *name, const char *what)
{
	char *longer = str_printf("%s%s%s %s", a->engines ? a->engines : "",
				  a->engines ? ", " : "", name, what);

	free(a->engines);
	a->engines = longer;
}

static void note_engine(struct answer *a, const struct finding *f)
{
	const char *name = strchr(f->use, ' ');
	const char *version = name ? strchr(f->text.text, ' ') : NULL;
	cleanup_free char *number =
		version ? strndup(version + 1, strcspn(version + 1, " ")) : NULL;

	if (!name)
		add_engine(a, "none", "");
	else if (f->kind == FINDING_RIGHT)
		add_engine(a, name + 1, number ? number : "");
	else
		add_engine(a, name + 1, "FAILS");
}

static void note(void *arg, const struct finding *f)
{
	static const char *const kinds[] = { [FINDING_RIGHT] = "ok",
					     [FINDING_ADVICE] = "advice",
					     [FINDING_MISSING] = "missing" };
	struct answer *a = arg;
	struct json_object *o = json_object_new_object();

	json_text(o, "kind", kinds[f->kind]);
	json_text(o, "use", f->use);
	json_text(o, "text", f->text.text);
	json_text(o, "write", *f->write.text ? f->write.text : NULL);
	json_object_array_add(a->findings, o);
	if (!strncmp(f->use, "engine", strlen("engine")))
		note_engine(a, f);
	if (!strcmp(f->use, "plugin"))
		json_text(a->node, "plugin", f->kind == FINDING_RIGHT ? "ok" : "MISSING");
}

static bool is_token(const char *token)
{
	return *token && strlen(token) < TOKEN_MAX &&
	       token[strspn(token, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

/* What is in the file that the asking node has written, if this one sees it. */
static char *read_token(const struct scheckpoint *s, const char *token)
{
	cleanup_free char *name = str_printf(".%s", token);
	cleanup_close int fd = -1;
	char text[TOKEN_MAX] = "";
	struct store store;
	struct stat st;

	if (store_open(&store, s->dir, s->self, s->cluster, 0, STORE_READ, NULL) == 0 &&
	    name)
		fd = openat(store.fd, name,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	store_close(&store);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    file_read_all(fd, text, sizeof(text) - 1) < 0)
		return NULL;
	return strdup(text);
}

static void describe(struct answer *a, const struct scheckpoint *s, const char *token)
{
	struct doctor d = { .s = s, .user = s->self, .fn = note, .arg = a };
	cleanup_free char *word = is_token(token) ? read_token(s, token) : NULL;
	struct site_paths paths;
	struct utsname system;
	struct site site;
	struct error e;

	(void)site_read(&site, &paths, &e);
	site_free(&site);
	doctor_node(&d, &paths);
	site_paths_free(&paths);
	if (uname(&system) == 0) {
		json_text(a->node, "kernel", system.release);
		json_text(a->node, "cpu", cpu_class(&system));
	}
	json_text(a->node, "engines", a->engines);
	json_text(a->node, "token", word);
	json_object_object_add(a->node, "findings", a->findings);
}

int doctor_tell_node(const struct scheckpoint *s, const char *token)
{
	struct answer a = { .findings = json_object_new_array(),
			    .node = json_object_new_object() };

	describe(&a, s, token);
	puts(json_object_to_json_string_ext(a.node, JSON_C_TO_STRING_PLAIN));
	json_object_put(a.node);
	free(a.engines);
	return EXIT_DONE;
}
