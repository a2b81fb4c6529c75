// SPDX-License-Identifier: GPL-2.0-or-later
#include "slurm/options.h"

#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <stdarg.h>
#include <stddef.h>

#include "slurm/quiet.h"
#include "slurm/release.h"

static void put(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(FILE *out, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vfprintf(out, format, ap);
	va_end(ap);
	fputc('\0', out);
}

/* ---- strings ---- */

static const struct {
	const char *option;
	size_t member;
} strings[] = {
	{ "job-name", offsetof(job_info_t, name) },
	{ "partition", offsetof(job_info_t, partition) },
	{ "account", offsetof(job_info_t, account) },
	{ "qos", offsetof(job_info_t, qos) },
	{ "wckey", offsetof(job_info_t, wckey) },
	{ "reservation", offsetof(job_info_t, resv_name) },
	{ "chdir", offsetof(job_info_t, work_dir) },
	{ "comment", offsetof(job_info_t, comment) },
	{ "constraint", offsetof(job_info_t, features) },
	{ "exclude", offsetof(job_info_t, exc_nodes) },
	{ "licenses", offsetof(job_info_t, licenses) },
};

static void put_strings(const job_info_t *job, FILE *out)
{
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		const char *value =
			*(char *const *)((const char *)job + strings[i].member);

		if (value && *value)
			put(out, "--%s=%s", strings[i].option, value);
	}
	/* "gres/gpu:2" is how slurmctld keeps what --gres=gpu:2 asked for. */
	if (job->tres_per_node && *job->tres_per_node)
		put(out, "--gres=%s",
		    !strncmp(job->tres_per_node, "gres:", 5) ||
				    !strncmp(job->tres_per_node, "gres/", 5)
			    ? job->tres_per_node + 5
			    : job->tres_per_node);
}

/* ---- numbers ---- */

static void put_number(FILE *out, const char *option, unsigned long long value,
		       unsigned long long unset)
{
	if (value != 0 && value != unset)
		put(out, "--%s=%llu", option, value);
}

static void put_memory(const job_info_t *job, FILE *out)
{
	if (job->pn_min_memory == 0 || job->pn_min_memory == NO_VAL64)
		return;
	if (job->pn_min_memory & MEM_PER_CPU)
		put(out, "--mem-per-cpu=%lluM",
		    (unsigned long long)(job->pn_min_memory & ~MEM_PER_CPU));
	else
		put(out, "--mem=%lluM", (unsigned long long)job->pn_min_memory);
}

static void put_time(const job_info_t *job, FILE *out)
{
	if (job->time_limit == INFINITE)
		put(out, "--time=UNLIMITED");
	else
		put_number(out, "time", job->time_limit, NO_VAL);
}

static void put_numbers(const job_info_t *job, FILE *out)
{
	put_time(job, out);
	put_memory(job, out);
	put_number(out, "nodes", job->num_nodes, NO_VAL);
	put_number(out, "ntasks", job->num_tasks, NO_VAL);
	put_number(out, "cpus-per-task", job->cpus_per_task, NO_VAL16);
	put_number(out, "ntasks-per-node", job->ntasks_per_node, NO_VAL16);
	put_number(out, "tmp", job->pn_min_tmp_disk, NO_VAL);
	if (job->nice != NICE_OFFSET)
		put(out, "--nice=%d", (int)(job->nice - NICE_OFFSET));
	if (job->shared == JOB_SHARED_NONE)
		put(out, "--exclusive");
}

int options_of_job(unsigned int job, FILE *out, struct error *e)
{
	job_info_msg_t *msg = NULL;
	int saved, rc;

	slurm_init(NULL);
	saved = quiet_begin();
	rc = slurm_load_job(&msg, job_key(job), SHOW_DETAIL);
	quiet_end(saved);
	if (rc != SLURM_SUCCESS)
		return slurm_failed("cannot read", job, e);
	if (msg->record_count > 0) {
		put_strings(&msg->job_array[0], out);
		put_numbers(&msg->job_array[0], out);
	}
	slurm_free_job_info_msg(msg);
	return 0;
}
