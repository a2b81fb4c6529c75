// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scheckpoint - ask for checkpoints of jobs, see them, keep them, go on from them.
 */
#define _GNU_SOURCE
#include "cmd/scheckpoint.h"

#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/timefmt.h"
#include "slurm/job.h"

static const struct verb verbs[] = {
	{ "create", "[JOB...]", "checkpoint running jobs, which continue", "nt",
	  verb_create },
	{ "vacate", "[JOB...]",
	  "checkpoint jobs, take them off their nodes and hold them", "nt", verb_vacate },
	{ "requeue", "[JOB...]", "checkpoint jobs and put them back in the queue", "ntxH",
	  verb_requeue },
	{ "restart", "JOB...",
	  "have jobs continue that were vacated, have ended or are gone", "gx",
	  verb_restart },
	{ "disable", "[JOB...]", "refuse checkpoints of running jobs", "nt",
	  verb_disable },
	{ "enable", "[JOB...]", "allow them again", "nt", verb_enable },
	{ "able", "[JOB|PROGRAM]", "can they be checkpointed, and if not, why", "t",
	  verb_able },
	{ "env", "", "in a job: print the variables that say where it runs now", "",
	  verb_env },
	{ "error", "[JOB...]", "what went wrong last, and what the engine said", "",
	  verb_error },
	{ "list", "[JOB...]", "jobs that have checkpoints", "", verb_list },
	{ "show", "[JOB...]", "each checkpoint of jobs, and their lives", "", verb_show },
	{ "verify", "[JOB...]", "compare checkpoints with their digests", "g",
	  verb_verify },
	{ "remove", "JOB...", "remove checkpoints of jobs", "g", verb_remove },
	{ "purge", "[JOB...]", "remove what is left of jobs that ended long ago", "O",
	  verb_purge },
	{ "doctor", "", "is the cluster configured for checkpoints, and this node", "AT",
	  verb_doctor },
	{ "test", "COMMAND...",
	  "run a command with checkpoints, and see whether it minds", NULL, verb_test },
	{ "report", "[JOB...]", "the history of jobs, as a page for a browser", "o",
	  verb_report },
	{ "metrics", "", "counts, times and sizes, for Prometheus", "o", verb_metrics },
};

#define NVERBS (sizeof(verbs) / sizeof(verbs[0]))

#define LETTERS "D:M:u:p:w:aQvVht:x:Hg:o:"

/* Beside these each verb takes those of its own. */
#define COMMON "DMupwaJQvVh"

enum {
	OPTION_JSON = 'J',
	OPTION_OLDER = 'O',
	OPTION_NO_WAIT = 'n',
	OPTION_ALL_NODES = 'A',
	OPTION_NODE_TOKEN = 'T',
};

static const struct option options[] = {
	{ "checkpoint-dir", required_argument, NULL, 'D' },
	{ "dir", required_argument, NULL, 'D' },
	{ "cluster", required_argument, NULL, 'M' },
	{ "user", required_argument, NULL, 'u' },
	{ "partition", required_argument, NULL, 'p' },
	{ "nodelist", required_argument, NULL, 'w' },
	{ "all", no_argument, NULL, 'a' },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "quiet", no_argument, NULL, 'Q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },
	{ "no-wait", no_argument, NULL, OPTION_NO_WAIT },
	{ "timeout", required_argument, NULL, 't' },
	{ "exclude", required_argument, NULL, 'x' },
	{ "hold", no_argument, NULL, 'H' },
	{ "generation", required_argument, NULL, 'g' },
	{ "older", required_argument, NULL, OPTION_OLDER },
	{ "output", required_argument, NULL, 'o' },
	{ "all-nodes", no_argument, NULL, OPTION_ALL_NODES },
	{ "node-token", required_argument, NULL, OPTION_NODE_TOKEN },
	{ 0 }
};

static void print_usage(FILE *f)
{
	fprintf(f, "Usage: scheckpoint VERB [OPTIONS...] [JOB...]\n");
	for (size_t i = 0; i < NVERBS; i++)
		fprintf(f, "      %-8s %-14s %s\n", verbs[i].name, verbs[i].arguments,
			verbs[i].does);
	fprintf(f,
		"A JOB is 123, 123_4, 123_[1-5], or a list of these with commas; inside "
		"of a "
		"job\ncreate, vacate, requeue, disable, enable and able need none.\n"
		"  -D, --checkpoint-dir=DIR  where the checkpoints are\n"
		"  -M, --cluster=NAME        of which cluster\n"
		"  -u, --user=NAME           of which user\n"
		"  -p, --partition=NAME      of jobs of this partition\n"
		"  -w, --nodelist=NODES      of jobs on these nodes; requeue, restart: "
		"where "
		"to go\n"
		"  -a, --all                 every user's jobs\n"
		"      --json                print JSON\n"
		"  -Q, --quiet               print errors only\n"
		"  -v, --verbose             print more\n"
		"  -V, --version             print the version\n"
		"  -h, --help                print this\n"
		"      --no-wait             create, vacate, requeue, disable, enable: "
		"do not "
		"wait\n"
		"  -t, --timeout=TIME        how long to wait\n"
		"  -x, --exclude=NODES       requeue, restart: where not to go\n"
		"  -H, --hold                requeue: hold the job\n"
		"  -g, --generation=N        restart, verify, remove: which checkpoint\n"
		"      --older=TIME          purge: how long ago the jobs must have "
		"ended\n"
		"      --all-nodes           doctor: all nodes, each by a step there\n"
		"  -o, --output=FILE         report, metrics: write it there\n");
}

static int set_number(const char *name, const char *text, unsigned int *value)
{
	unsigned long long number;

	if (str_to_ull(text, UINT_MAX, &number) < 0 || number == 0)
		return misuse("--%s=%s: not a number", name, text);
	*value = (unsigned int)number;
	return EXIT_DONE;
}

static int set_time(const char *name, const char *text, long *value)
{
	struct error e;

	if (timefmt_parse(text, value, &e) < 0)
		return misuse("--%s=%s: %s", name, text, e.text);
	return EXIT_DONE;
}

static int set_option(struct scheckpoint *s, int c)
{
	switch (c) {
	case 'D':
		s->dir = optarg;
		break;
	case 'M':
		s->cluster = optarg;
		break;
	case 'u':
		if (!getpwnam(optarg))
			return misuse("Invalid user: %s", optarg);
		s->user = optarg;
		break;
	case 'p':
		s->partition = optarg;
		break;
	case 'w':
		s->nodelist = optarg;
		break;
	case 'a':
		s->all = true;
		break;
	case OPTION_JSON:
		if (!s->json)
			s->json = json_object_new_array();
		break;
	case 'Q':
		s->quiet = true;
		break;
	case 'v':
		s->verbose++;
		break;
	case OPTION_NO_WAIT:
		s->no_wait = true;
		break;
	case 't':
		return set_time("timeout", optarg, &s->timeout);
	case 'x':
		s->exclude = optarg;
		break;
	case 'H':
		s->hold = true;
		break;
	case 'g':
		return set_number("generation", optarg, &s->generation);
	case 'o':
		s->output = optarg;
		break;
	case OPTION_ALL_NODES:
		s->all_nodes = true;
		break;
	case OPTION_NODE_TOKEN:
		s->node_token = optarg;
		break;
	case OPTION_OLDER:
		return set_time("older", optarg, &s->older);
	default:
		return EXIT_USAGE;
	}
	return EXIT_DONE;
}

/* Which options were given, in the order of the table. */
struct given {
	bool option[sizeof(options) / sizeof(options[0])];
};

static void note(struct given *given, int c)
{
	for (size_t i = 0; options[i].name; i++) {
		if (options[i].val == c)
			given->option[i] = true;
	}
}

/* EXIT_DONE, or the status with which to end; *end is set if that is 0. */
static int read_round(struct scheckpoint *s, int argc, char **argv, const char *letters,
		      struct given *given, bool *end)
{
	int c, status;

	while ((c = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		*end = c == 'V' || c == 'h';
		if (c == 'V')
			printf("slurm-checkpoint " VERSION "\n");
		else if (c == 'h')
			print_usage(stdout);
		if (*end)
			return EXIT_DONE;
		status = set_option(s, c);
		if (status != EXIT_DONE)
			return status;
		note(given, c);
	}
	return EXIT_DONE;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; name && i < NVERBS; i++) {
		if (!strcmp(name, verbs[i].name))
			return &verbs[i];
	}
	return NULL;
}

static int check_given(const struct verb *verb, const struct given *given)
{
	for (size_t i = 0; options[i].name; i++) {
		if (given->option[i] && !strchr(COMMON, options[i].val) &&
		    !strchr(verb->options, options[i].val))
			return misuse("%s: takes no --%s", verb->name, options[i].name);
	}
	return EXIT_DONE;
}

/*
 * Options may stand before the verb and after it. The verb, and in argc and argv the
 * words that are left; or NULL and the status with which to end.
 */
static const struct verb *read_options(struct scheckpoint *s, int *argc, char ***argv,
				       int *status)
{
	struct given given = { 0 };
	const struct verb *verb;
	bool end = false;

	*status = read_round(s, *argc, *argv, "+" LETTERS, &given, &end);
	if (*status != EXIT_DONE || end)
		return NULL;
	*argc -= optind;
	*argv += optind;
	verb = find_verb((*argv)[0]);
	if (!verb) {
		*status = *argc == 0 ? misuse("no verb given; see scheckpoint --help")
				     : misuse("%s: no such verb; see scheckpoint --help",
					      (*argv)[0]);
		return NULL;
	}
	(*argv)[0] = (char *)"scheckpoint"; /* for getopt's own sentences */
	if (!verb->options) {
		(*argc)--;
		(*argv)++;
		return verb;
	}
	optind = 0; /* begin anew */
	*status = read_round(s, *argc, *argv, LETTERS, &given, &end);
	if (*status == EXIT_DONE && !end)
		*status = check_given(verb, &given);
	*argc -= optind;
	*argv += optind;
	return *status == EXIT_DONE && !end ? verb : NULL;
}

void tell(const struct scheckpoint *s, const char *format, ...)
{
	va_list ap;

	if (s->quiet || s->json)
		return;
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

void tell_more(const struct scheckpoint *s, const char *format, ...)
{
	va_list ap;

	if (!s->verbose)
		return;
	fputs("scheckpoint: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}

/* Does it ask Slurm for nothing, not even the cluster's name? */
static bool is_alone(const struct verb *verb, int argc, char **argv)
{
	return verb->run == verb_test || verb->run == verb_env ||
	       (verb->run == verb_able && verb_able_is_alone(argc, argv));
}

static int check_dir(const struct scheckpoint *s, struct error *e)
{
	cleanup_free char *dir = conf_expand_dir(s->dir, "user", 1, e);

	return dir ? 0 : error_prefix(e, "--checkpoint-dir=%s", s->dir);
}

/* What the options left open: the configuration's directory, oneself, this cluster. */
static int complete(struct scheckpoint *s, bool alone, struct error *e)
{
	cleanup_free char *path = conf_path();
	const struct passwd *pw = getpwuid(getuid());

	if (!path)
		return error_sys(e, "checkpoint.conf");
	if (conf_init(&s->conf, e) < 0 || conf_read(&s->conf, path, e) < 0)
		return -1;
	if (!s->dir)
		s->dir = s->conf.checkpoint_dir;
	if (check_dir(s, e) < 0)
		return -1;
	/* A copy, since others look for users, too. */
	s->self = strdup(pw ? pw->pw_name : "nobody");
	if (!s->self)
		return error_sys(e, "user");
	if (!s->cluster)
		s->cluster = getenv("SLURM_CLUSTER_NAME");
	if (!s->cluster && alone)
		s->cluster = "";
	if (!s->cluster)
		s->cluster = cluster_name();
	return s->cluster ? 0
			  : error_set(e, "the name of the cluster is not known, since "
					 "slurmctld does not answer; give it with "
					 "--cluster");
}

static void tell_where(const struct scheckpoint *s)
{
	cleanup_free char *dir = select_dir(s, 0);

	tell_more(s, "checkpoints of cluster %s are looked for in %s", s->cluster,
		  dir ? dir : s->dir);
}

static void print_json(const struct scheckpoint *s, const struct verb *verb)
{
	struct json_object *all = json_object_new_object();

	const char *what = verb->run == verb_env      ? "variables"
			   : verb->run != verb_doctor ? "jobs"
			   : s->all_nodes	      ? "nodes"
						      : "findings";

	json_object_object_add(all, what, json_object_get(s->json));
	puts(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PRETTY |
							 JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(all);
}

int main(int argc, char **argv)
{
	struct scheckpoint s = { .older = -1 };
	int status;
	const struct verb *verb = read_options(&s, &argc, &argv, &status);
	struct error e;
	bool alone;

	if (!verb)
		return status;
	if (*verb->arguments && verb->arguments[0] != '[' && argc == 0)
		return misuse("%s: no %s given", verb->name,
			      verb->options ? "job" : "command");
	alone = is_alone(verb, argc, argv);
	if (complete(&s, alone, &e) < 0) {
		status = complain(&e);
	} else {
		if (!alone)
			tell_where(&s);
		status = verb->run(&s, argc, argv);
	}
	if (s.json)
		print_json(&s, verb);
	json_object_put(s.json);
	conf_free(&s.conf);
	free(s.self);
	return status;
}
