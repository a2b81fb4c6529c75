// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "slurm/site.h"

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "slurm/ctl_conf.h"
#include "slurm/release.h"
#include "slurm/sacctmgr.h"

static char *copy(const char *text)
{
	return strdup(text ? text : "");
}

static enum site_preempt mode_of(uint16_t mode)
{
	if (mode == NO_VAL16)
		return SITE_PREEMPT_UNSET;
	if (mode & PREEMPT_MODE_REQUEUE)
		return SITE_PREEMPT_REQUEUE;
	if (mode & PREEMPT_MODE_CANCEL)
		return SITE_PREEMPT_CANCEL;
	return mode & PREEMPT_MODE_SUSPEND ? SITE_PREEMPT_SUSPEND : SITE_PREEMPT_OFF;
}

static enum site_preempt_type type_of(const char *type)
{
	if (type && !strcmp(type, "preempt/partition_prio"))
		return SITE_BY_PARTITION;
	return type && !strcmp(type, "preempt/qos") ? SITE_BY_QOS : SITE_NO_PREEMPTION;
}

/* "24.11.5" */
static unsigned int release_of(const char *version)
{
	unsigned int year = 0, month = 0;

	if (version)
		(void)sscanf(version, "%u.%u", &year, &month);
	return year * 100 + month;
}

static unsigned int max_requeue(const slurm_conf_t *conf)
{
#ifdef HAVE_MAX_BATCH_REQUEUE
	return conf->max_batch_requeue;
#else
	(void)conf;
	return DEFAULT_MAX_BATCH_REQUEUE;
#endif
}

static int fill(struct site *site, const slurm_conf_t *conf, struct site_paths *paths,
		struct error *e)
{
	const uint32_t exempt = conf->preempt_exempt_time;

	*site = (struct site){
		.release = release_of(conf->version),
		.preempt_type = type_of(conf->preempt_type),
		.mode = mode_of(conf->preempt_mode),
		.preempt_params = copy(conf_preempt_params(conf)),
		.slurmctld_params = copy(conf->slurmctld_params),
		.sched_params = copy(conf->sched_params),
		.auth_info = copy(conf->authinfo),
		.job_requeue = conf->job_requeue != 0,
		.max_batch_requeue = max_requeue(conf),
		.exempt_time = exempt == INFINITE || exempt == NO_VAL ? 0 : exempt,
		.private_nodes = (conf->private_data & PRIVATE_DATA_NODES) != 0,
		.private_jobs = (conf->private_data & PRIVATE_DATA_JOBS) != 0,
	};
	paths->plugstack = copy(conf->plugstack);
	paths->plugin_dirs = copy(conf->plugindir);
	if (!site->preempt_params || !site->slurmctld_params || !site->sched_params ||
	    !site->auth_info || !paths->plugstack || !paths->plugin_dirs)
		return error_sys(e, "configuration");
	return 0;
}

/* ---- queues ---- */

static struct site_queue *add_queue(struct site *site, const char *name)
{
	struct site_queue *grown =
		reallocarray(site->queues, site->nqueues + 1, sizeof(*grown));

	if (!grown)
		return NULL;
	site->queues = grown;
	grown += site->nqueues;
	*grown = (struct site_queue){ .name = strdup(name), .max_time = SITE_UNLIMITED };
	if (!grown->name)
		return NULL;
	site->nqueues++;
	return grown;
}

static int read_partitions(struct site *site, struct error *e)
{
	partition_info_msg_t *msg = NULL;
	int rc = 0;

	if (slurm_load_partitions(0, &msg, SHOW_ALL) != SLURM_SUCCESS)
		return error_set(e, "cannot read the partitions: %s",
				 slurm_strerror(errno));
	for (uint32_t i = 0; i < msg->record_count && rc == 0; i++) {
		const partition_info_t *p = &msg->partition_array[i];
		struct site_queue *q = add_queue(site, p->name);

		if (!q) {
			rc = error_sys(e, "partitions");
			break;
		}
		q->tier = p->priority_tier;
		q->mode = mode_of(p->preempt_mode);
		q->grace = (long)p->grace_time;
		if (p->max_time != INFINITE && p->max_time != NO_VAL)
			q->max_time = (long)p->max_time * 60;
	}
	site->npartitions = site->nqueues;
	slurm_free_partition_info_msg(msg);
	return rc;
}

/* hours:minutes:seconds, with days and "-" before it */
static long seconds_of(const char *text)
{
	long days = 0, hours = 0, minutes = 0, seconds = 0;

	if (sscanf(text, "%ld-%ld:%ld:%ld", &days, &hours, &minutes, &seconds) != 4) {
		days = 0;
		(void)sscanf(text, "%ld:%ld:%ld", &hours, &minutes, &seconds);
	}
	return ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
}

static enum site_preempt mode_of_word(const char *word)
{
	static const struct {
		const char *word;
		enum site_preempt mode;
	} modes[] = { { "cluster", SITE_PREEMPT_UNSET },
		      { "requeue", SITE_PREEMPT_REQUEUE },
		      { "cancel", SITE_PREEMPT_CANCEL },
		      { "suspend", SITE_PREEMPT_SUSPEND } };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strncasecmp(word, modes[i].word, strlen(modes[i].word)))
			return modes[i].mode;
	}
	return SITE_PREEMPT_OFF;
}

/* name|preempt|mode|grace */
static void add_qos(void *arg, char *line)
{
	const char *name = strsep(&line, "|");
	const char *preempted = line ? strsep(&line, "|") : NULL;
	const char *mode = line ? strsep(&line, "|") : NULL;
	struct site_queue *q = mode ? add_queue(arg, name) : NULL;

	if (!q)
		return;
	q->preempted = *preempted ? strdup(preempted) : NULL;
	q->mode = mode_of_word(mode);
	q->grace = line ? seconds_of(line) : 0;
}

static void read_qos(struct site *site)
{
	static const char *const words[] = { "qos",
					     "format=Name,Preempt,PreemptMode,GraceTime",
					     NULL };

	site->qos_known = sacctmgr_show(words, add_qos, site, NULL) == 0;
}

int site_read(struct site *site, struct site_paths *paths, struct error *e)
{
	slurm_conf_t *conf = ctl_conf_load(e);
	int rc;

	*site = (struct site){ 0 };
	*paths = (struct site_paths){ NULL, NULL };
	if (!conf)
		return -1;
	rc = fill(site, conf, paths, e);
	ctl_conf_free(conf);
	if (rc < 0 || read_partitions(site, e) < 0)
		return -1;
	if (site->preempt_type == SITE_BY_QOS)
		read_qos(site);
	return 0;
}

void site_paths_free(struct site_paths *paths)
{
	free(paths->plugstack);
	free(paths->plugin_dirs);
	*paths = (struct site_paths){ NULL, NULL };
}
