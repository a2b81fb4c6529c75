// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/conf.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "base/wishes.h"

/* Where slurm.conf is unless SLURM_CONF says otherwise; Meson knows. */
#ifndef CONF_DIR
#define CONF_DIR "/etc/slurm"
#endif

#define CONF_NAME     "checkpoint.conf"
#define CONF_SIZE_MAX ((size_t)1024 * 1024)

/* Homes are what most clusters share between their nodes without further ado. */
#define DEFAULT_DIR "/home/%u/checkpoint"

enum { SECONDS_IN_DAY = 24 * 60 * 60, DAYS_MAX = 36500 };

/* One keyword: where its value goes, and what its value may be. */
struct keyword {
	const char *name;
	int (*set)(const struct keyword *k, void *member, const char *value,
		   struct error *e);
	size_t offset;
	unsigned int min, max; /* of a number */
	const char *words;     /* of an enumeration, in its order */
};

static int replace_string(char **member, const char *value, struct error *e)
{
	char *copy = strdup(value);

	if (!copy)
		return error_sys(e, "%s", value);
	free(*member);
	*member = copy;
	return 0;
}

/* The place of value among words, which are separated by "|"; or -1. */
static int find_word(const char *words, const char *value, struct error *e)
{
	const char *word = words;

	for (int i = 0;; i++) {
		size_t length = strcspn(word, "|");

		if (strlen(value) == length && strncasecmp(word, value, length) == 0)
			return i;
		if (!word[length])
			return error_set(e, "not one of %s", words);
		word += length + 1;
	}
}

static int set_bool(const struct keyword *k, void *member, const char *value,
		    struct error *e)
{
	int word = find_word(k->words, value, e);

	if (word < 0)
		return -1;
	*(bool *)member = word;
	return 0;
}

_Static_assert(sizeof(enum conf_log_level) == sizeof(unsigned int) &&
		       sizeof(enum conf_fallback) == sizeof(unsigned int) &&
		       sizeof(enum conf_cleanup) == sizeof(unsigned int) &&
		       sizeof(enum conf_preempt_save) == sizeof(unsigned int) &&
		       sizeof(enum cpu_baseline) == sizeof(unsigned int) &&
		       sizeof(enum wish_net) == sizeof(unsigned int),
	       "set_word() writes every enumeration of struct conf");

static int set_word(const struct keyword *k, void *member, const char *value,
		    struct error *e)
{
	int word = find_word(k->words, value, e);

	if (word < 0)
		return -1;
	*(unsigned int *)member = (unsigned int)word;
	return 0;
}

static int set_number(const struct keyword *k, void *member, const char *value,
		      struct error *e)
{
	unsigned long long number;

	if (str_to_ull(value, k->max, &number) < 0 || number < k->min)
		return error_set(e, "not a number from %u to %u", k->min, k->max);
	*(unsigned int *)member = (unsigned int)number;
	return 0;
}

int conf_parse_interval(const char *text, long *seconds, struct error *e)
{
	if (strcasecmp(text, "auto") == 0) {
		*seconds = CONF_INTERVAL_AUTO;
		return 0;
	}
	if (!isdigit((unsigned char)*text))
		return error_set(e, "not an interval; give auto, " TIMEFMT_FORMATS);
	return timefmt_parse(text, seconds, e);
}

static int set_interval(const struct keyword *k, void *member, const char *value,
			struct error *e)
{
	(void)k;
	return conf_parse_interval(value, member, e);
}

static int set_size(const struct keyword *k, void *member, const char *value,
		    struct error *e)
{
	(void)k;
	if (str_to_size(value, member) == 0)
		return 0;
	return error_set(e, "not a size; give a number with K, M, G, T or P");
}

/* Days, or "measured" for none. */
static int set_mtbf(const struct keyword *k, void *member, const char *value,
		    struct error *e)
{
	if (strcasecmp(value, "measured") == 0) {
		*(unsigned int *)member = 0;
		return 0;
	}
	if (set_number(k, member, value, NULL) == 0)
		return 0;
	return error_set(e, "neither \"measured\" nor a number of days from %u to %u",
			 k->min, k->max);
}

static int set_path(const struct keyword *k, void *member, const char *value,
		    struct error *e)
{
	(void)k;
	if (value[0] != '/')
		return error_set(e, "not an absolute path");
	return replace_string(member, value, e);
}

static int set_engines(const struct keyword *k, void *member, const char *value,
		       struct error *e)
{
	(void)k;
	if (wishes_check_engines(value, e) < 0)
		return -1;
	return replace_string(member, value, e);
}

/* Names of variables, with * and ? and [], and commas between. */
static int set_patterns(const struct keyword *k, void *member, const char *value,
			struct error *e)
{
	(void)k;
	if (!*value || strpbrk(value, " \t=/"))
		return error_set(e, "not names of variables with commas between");
	return replace_string(member, value, e);
}

static int set_dir(const struct keyword *k, void *member, const char *value,
		   struct error *e)
{
	cleanup_free char *tried = conf_expand_dir(value, "user", 1, e);

	(void)k;
	return tried ? replace_string(member, value, e) : -1;
}

/* As slurm.conf has it of a node, so that it can be put into a constraint as it is. */
static int set_feature(const struct keyword *k, void *member, const char *value,
		       struct error *e)
{
	size_t length = 0;

	(void)k;
	while (isalnum((unsigned char)value[length]) ||
	       (value[length] && strchr("_-.=", value[length])))
		length++;
	if (!isalpha((unsigned char)value[0]) || value[length])
		return error_set(e, "not a feature: a letter, and then letters, digits, "
				    "\"_\", \"-\", \".\" and \"=\"");
	return replace_string(member, value, e);
}

#define MEMBER(m) offsetof(struct conf, m)

/* GraceTime's largest is what sbatch --signal takes. */
static const struct keyword keywords[] = {
	{ "CheckpointDir", set_dir, MEMBER(checkpoint_dir), 0, 0, NULL },
	{ "CheckpointDefault", set_bool, MEMBER(default_on), 0, 0, "no|yes" },
	{ "CheckpointInterval", set_interval, MEMBER(interval), 0, 0, NULL },
	{ "GraceTime", set_number, MEMBER(grace_time), 1, 65535, NULL },
	{ "KeepGenerations", set_number, MEMBER(keep), 1, CONF_KEEP_MAX, NULL },
	{ "Cleanup", set_word, MEMBER(cleanup), 0, 0, "never|success|always" },
	{ "PreemptSave", set_word, MEMBER(preempt_save), 0, 0, "always|worthwhile" },
	{ "Fallback", set_word, MEMBER(fallback), 0, 0, "fail|restart" },
	{ "LogLevel", set_word, MEMBER(log_level), 0, 0,
	  "quiet|error|info|verbose|debug" },
	{ "EnvironmentLeaveOut", set_patterns, MEMBER(leave_out), 0, 0, NULL },
	{ "CheckpointEngines", set_engines, MEMBER(engines), 0, 0, NULL },
	{ "CheckpointNet", set_word, MEMBER(net), 0, 0, "auto|host|private" },
	{ "CheckpointSrun", set_bool, MEMBER(own_srun), 0, 0, "slurm|job" },
	{ "CpuBaseline", set_word, MEMBER(cpu_baseline), 0, 0, CPU_BASELINES },
	{ "CriuPath", set_path, MEMBER(criu_path), 0, 0, NULL },
	{ "DmtcpPath", set_path, MEMBER(dmtcp_path), 0, 0, NULL },
	{ "DmtcpMPISettings", set_bool, MEMBER(dmtcp_mpi), 0, 0, "no|yes" },
	{ "TmpDir", set_path, MEMBER(tmp_dir), 0, 0, NULL },
	{ "DumpTimeout", set_number, MEMBER(dump_timeout), 1, SECONDS_IN_DAY, NULL },
	{ "RestoreTimeout", set_number, MEMBER(restore_timeout), 1, SECONDS_IN_DAY,
	  NULL },
	{ "Quota", set_size, MEMBER(quota), 0, 0, NULL },
	{ "NodeMTBF", set_mtbf, MEMBER(node_mtbf), 1, DAYS_MAX, NULL },
	{ "PurgeAfter", set_number, MEMBER(purge_after), 0, DAYS_MAX, NULL },
	{ "NodeFeature", set_feature, MEMBER(node_feature), 0, 0, NULL },
};

#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

int conf_init(struct conf *conf, struct error *e)
{
	*conf = (struct conf){
		.grace_time = 60,
		.keep = 2,
		.cleanup = CLEANUP_SUCCESS,
		.preempt_save = PREEMPT_SAVE_ALWAYS,
		.fallback = FALLBACK_FAIL,
		.log_level = LOG_INFO,
		.dmtcp_mpi = true,
		.dump_timeout = 600,
		.restore_timeout = 600,
		.cpu_baseline = CPU_NODE,
		.net = WISH_NET_AUTO,
		.node_mtbf = 365,
		.purge_after = 30,
	};
	return replace_string(&conf->checkpoint_dir, DEFAULT_DIR, e);
}

/* For messages. */
struct line_of {
	const char *name; /* the file's */
	unsigned int number;
};

static const struct keyword *find_keyword(const char *name)
{
	for (size_t i = 0; i < KEYWORDS; i++)
		if (strcasecmp(keywords[i].name, name) == 0)
			return &keywords[i];
	return NULL;
}

/* Cut white space off both ends of text, in place. */
static char *trim(char *text)
{
	size_t length;

	while (isspace((unsigned char)*text))
		text++;
	length = strlen(text);
	while (length && isspace((unsigned char)text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* The first such line is enough to find the others by. */
static int ignore(struct conf *conf, const char *keyword, const struct line_of *at,
		  struct error *e)
{
	if (conf->ignored)
		return 0;
	conf->ignored = str_printf("%s line %u: %s: no such keyword; it is ignored",
				   at->name, at->number, keyword);
	return conf->ignored ? 0 : error_sys(e, "%s", keyword);
}

/* One line "Keyword=value", an empty one or a comment; writes to line. */
static int parse_line(struct conf *conf, char *line, const struct line_of *at,
		      struct error *e)
{
	const struct keyword *k;
	char *value;

	line[strcspn(line, "#")] = '\0';
	line = trim(line);
	if (!*line)
		return 0;
	value = strchr(line, '=');
	if (!value)
		return error_set(e, "%s: not Keyword=value", line);
	*value++ = '\0';
	line = trim(line);
	value = trim(value);
	k = find_keyword(line);
	if (!k)
		return ignore(conf, line, at, e);
	if (k->set(k, (char *)conf + k->offset, value, e) < 0)
		return error_prefix(e, "%s=%s", k->name, value);
	return 0;
}

/* The line of length bytes at text, which need not end in a zero byte. */
static int copy_and_parse_line(struct conf *conf, const char *text, size_t length,
			       const struct line_of *at, struct error *e)
{
	cleanup_free char *line = strndup(text, length);

	if (!line)
		return error_sys(e, "%zu bytes", length);
	if (strlen(line) != length)
		return error_set(e, "holds a zero byte");
	return parse_line(conf, line, at, e);
}

int conf_parse(struct conf *conf, const char *text, size_t size, const char *name,
	       struct error *e)
{
	const char *end = text + size;

	for (struct line_of at = { name, 1 }; text < end; at.number++) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		const char *next = newline ? newline + 1 : end;
		size_t length = (size_t)((newline ? newline : end) - text);

		if (copy_and_parse_line(conf, text, length, &at, e) < 0)
			return error_prefix(e, "%s line %u", name, at.number);
		text = next;
	}
	return 0;
}

int conf_read(struct conf *conf, const char *path, struct error *e)
{
	cleanup_free char *text = NULL;
	size_t size;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	text = file_read(AT_FDCWD, path, CONF_SIZE_MAX, &size, e);
	return text ? conf_parse(conf, text, size, path, e) : -1;
}

/* checkpoint.conf in the directory of the file at slurm_conf. */
static char *path_beside(const char *slurm_conf)
{
	const char *slash = strrchr(slurm_conf, '/');

	return slash ? str_printf("%.*s/" CONF_NAME, (int)(slash - slurm_conf),
				  slurm_conf)
		     : strdup(CONF_NAME);
}

char *conf_path(void)
{
	const char *slurm_conf = getenv("SLURM_CONF");
	cleanup_free char *path = NULL;

	if (slurm_conf && *slurm_conf)
		path = path_beside(slurm_conf);
	if (path && access(path, F_OK) == 0)
		return take_ptr(path);
	return strdup(CONF_DIR "/" CONF_NAME);
}

const char *conf_find_percent(const char *pattern, char which)
{
	const char *p = strchr(pattern, '%');

	while (p && p[1]) {
		if (p[1] == which)
			return p;
		p = strchr(p + 2, '%');
	}
	return NULL;
}

/* Write pattern, expanded, to out. -1 at a % that stands for nothing. */
static int expand(FILE *out, const char *pattern, const char *user, unsigned int job,
		  struct error *e)
{
	for (const char *p = pattern; *p; p++) {
		if (*p != '%')
			fputc(*p, out);
		else if (*++p == 'u')
			fputs(user, out);
		else if (*p == 'j')
			fprintf(out, "%u", job);
		else if (*p == '%')
			fputc('%', out);
		else
			return error_set(e,
					 "%%%.1s is not known; use %%u for the user "
					 "and %%j for the job id",
					 p);
	}
	return 0;
}

char *conf_expand_dir(const char *pattern, const char *user, unsigned int job,
		      struct error *e)
{
	cleanup_free char *dir = NULL;
	size_t size;
	FILE *out;
	int rc;

	if (pattern[0] != '/') {
		error_set(e, "not an absolute path");
		return NULL;
	}
	out = open_memstream(&dir, &size);
	if (!out) {
		error_sys(e, "%s", pattern);
		return NULL;
	}
	rc = expand(out, pattern, user, job, e);
	if (fclose(out) == EOF)
		rc = error_sys(e, "%s", pattern);
	return rc < 0 ? NULL : take_ptr(dir);
}

void conf_free(struct conf *conf)
{
	free(conf->checkpoint_dir);
	free(conf->engines);
	free(conf->leave_out);
	free(conf->criu_path);
	free(conf->dmtcp_path);
	free(conf->tmp_dir);
	free(conf->node_feature);
	free(conf->ignored);
	*conf = (struct conf){ 0 };
}
