// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "step/pmi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "step/pmi_message.h"
#include "step/pmi_store.h"
#include "testing.h"

#define TASKS 2

/* A server, and the tasks' ends. */
struct fixture {
	struct pmi *pmi;
	int ends[TASKS];
	bool aborted;
};

static void attend(struct fixture *f)
{
	*f = (struct fixture){ .pmi = pmi_open(TASKS, "12.3") };
	assert_non_null(f->pmi);
	for (int i = 0; i < TASKS; i++) {
		assert_int_equal(pmi_be_task(f->pmi, i), 0);
		assert_int_equal(atoi(getenv("PMI_RANK")), i);
		assert_string_equal(getenv("PMI_SIZE"), "2");
		assert_string_equal(getenv("PMI_JOBID"), "12.3");
		f->ends[i] = dup(atoi(getenv("PMI_FD")));
	}
	pmi_started(f->pmi);
}

static void serve(struct fixture *f)
{
	struct pollfd fds[TASKS];
	nfds_t n = pmi_wait_for(f->pmi, fds);

	while (n > 0 && poll(fds, n, 0) > 0) {
		if (!pmi_serve(f->pmi, fds, n))
			f->aborted = true;
		n = pmi_wait_for(f->pmi, fds);
	}
}

static void say_raw(struct fixture *f, int task, const char *data, size_t size)
{
	assert_int_equal(send(f->ends[task], data, size, MSG_NOSIGNAL), size);
	serve(f);
}

static void say(struct fixture *f, int task, const char *text)
{
	say_raw(f, task, text, strlen(text));
}

static void say_2(struct fixture *f, int task, const char *pairs)
{
	char *text = pmi_message_make(PMI_WIRE_2, pairs);

	say(f, task, text);
	free(text);
}

static void hears(struct fixture *f, int task, const char *expected)
{
	char text[4096];
	ssize_t n = recv(f->ends[task], text, sizeof(text) - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	assert_string_equal(text, expected);
}

static void hears_2(struct fixture *f, int task, const char *pairs)
{
	char *text = pmi_message_make(PMI_WIRE_2, pairs);

	hears(f, task, text);
	free(text);
}

static void leave(struct fixture *f)
{
	for (int i = 0; i < TASKS; i++)
		close(f->ends[i]);
	pmi_close(f->pmi);
}

static void begin_2(struct fixture *f, int task)
{
	say(f, task, "cmd=init pmi_version=2 pmi_subversion=0\n");
	hears(f, task, "cmd=response_to_init pmi_version=2 pmi_subversion=0 rc=0\n");
}

static void tasks_of_pmi_1_find_each_other(void **state)
{
	struct fixture f;

	attend(&f);
	assert_int_equal(pmi_connected(f.pmi), 0);
	for (int i = 0; i < TASKS; i++) {
		say(&f, i, "cmd=init pmi_version=1 pmi_subversion=1\n");
		hears(&f, i,
		      "cmd=response_to_init pmi_version=1 pmi_subversion=1 rc=0\n");
	}
	assert_int_equal(pmi_connected(f.pmi), 2);
	say(&f, 0, "cmd=get_my_kvsname\n");
	hears(&f, 0, "cmd=my_kvsname rc=0 kvsname=12.3\n");
	say(&f, 0, "cmd=put kvsname=12.3 key=card-0 value=a=b;c\n");
	hears(&f, 0, "cmd=put_result rc=0\n");
	say(&f, 0, "cmd=barrier_in\n");
	hears(&f, 0, "");
	/* in pieces, and two at once */
	say(&f, 1, "cmd=barr");
	say(&f, 1, "ier_in\ncmd=get kvsname=12.3 key=card-0\n");
	hears(&f, 0, "cmd=barrier_out rc=0\n");
	hears(&f, 1, "cmd=barrier_out rc=0\ncmd=get_result rc=0 value=a=b;c\n");
	say(&f, 1, "cmd=get kvsname=12.3 key=PMI_process_mapping\n");
	hears(&f, 1, "cmd=get_result rc=0 value=(vector,(0,1,2))\n");
	say(&f, 1, "cmd=get kvsname=12.3 key=none\n");
	hears(&f, 1, "cmd=get_result rc=-1 msg=key_not_found\n");
	say(&f, 1, "cmd=finalize\n");
	hears(&f, 1, "cmd=finalize_ack rc=0\n");
	assert_false(f.aborted);
	leave(&f);
}

static void tasks_of_pmi_2_find_each_other(void **state)
{
	struct fixture f;

	attend(&f);
	begin_2(&f, 0);
	begin_2(&f, 1);
	say_2(&f, 1, "cmd=fullinit;pmijobid=12.3;pmirank=1;threaded=FALSE;");
	hears_2(&f, 1,
		"cmd=fullinit-response;rc=0;pmi-version=2;pmi-subversion=0;rank=1;size=2;"
		"appnum=0;debugged=FALSE;pmiverbose=FALSE;pmijobid=12.3;");
	say_2(&f, 0, "cmd=kvs-put;thrid=7;key=k;value=a;;b = c;");
	hears_2(&f, 0, "cmd=kvs-put-response;thrid=7;rc=0;");
	say_2(&f, 0, "cmd=kvs-fence;thrid=8;");
	say_2(&f, 1, "cmd=kvs-fence;");
	hears_2(&f, 0, "cmd=kvs-fence-response;thrid=8;rc=0;");
	hears_2(&f, 1, "cmd=kvs-fence-response;rc=0;");
	say_2(&f, 1, "cmd=kvs-get;jobid=12.3;srcid=-1;key=k;");
	hears_2(&f, 1, "cmd=kvs-get-response;rc=0;found=TRUE;value=a;;b = c;");
	say_2(&f, 1, "cmd=info-getjobattr;key=universeSize;");
	hears_2(&f, 1, "cmd=info-getjobattr-response;rc=0;found=TRUE;value=2;");
	leave(&f);
}

static void who_waits_for_a_value_gets_it_when_it_comes(void **state)
{
	struct fixture f;

	attend(&f);
	begin_2(&f, 0);
	begin_2(&f, 1);
	say_2(&f, 1, "cmd=info-getnodeattr;thrid=5;key=shm;wait=FALSE;");
	hears_2(&f, 1, "cmd=info-getnodeattr-response;thrid=5;rc=0;found=FALSE;");
	say_2(&f, 1, "cmd=info-getnodeattr;thrid=6;key=shm;wait=TRUE;");
	hears(&f, 1, "");
	say_2(&f, 1, "cmd=job-getid;thrid=7;");
	hears_2(&f, 1, "cmd=job-getid-response;thrid=7;rc=0;jobid=12.3;");
	say_2(&f, 0, "cmd=info-putnodeattr;key=shm;value=x;");
	hears_2(&f, 0, "cmd=info-putnodeattr-response;rc=0;");
	hears_2(&f, 1, "cmd=info-getnodeattr-response;thrid=6;rc=0;found=TRUE;value=x;");
	leave(&f);
}

static void an_abort_is_heard(void **state)
{
	struct fixture f;

	attend(&f);
	say(&f, 0, "cmd=init pmi_version=1 pmi_subversion=1\ncmd=abort exitcode=42\n");
	assert_true(f.aborted);
	leave(&f);
	attend(&f);
	begin_2(&f, 1);
	say_2(&f, 1, "cmd=abort;isworld=FALSE;msg=x;");
	assert_false(f.aborted);
	say_2(&f, 1, "cmd=abort;isworld=TRUE;msg=x;");
	assert_true(f.aborted);
	leave(&f);
}

static void what_is_not_supported_is_refused(void **state)
{
	struct fixture f;

	attend(&f);
	say(&f, 0,
	    "mcmd=spawn\nnprocs=1\ntotspawns=2\nspawnssofar=1\nendcmd\n"
	    "mcmd=spawn\nnprocs=1\ntotspawns=2\nspawnssofar=2\nendcmd\n");
	hears(&f, 0, "cmd=spawn_result rc=-1 msg=unsupported\n");
	say(&f, 0, "cmd=lookup_name service=x\n");
	hears(&f, 0, "cmd=lookup_result rc=-1 info=fail msg=unsupported\n");
	say(&f, 0, "cmd=init pmi_version=3 pmi_subversion=0\n");
	hears(&f, 0, "cmd=response_to_init pmi_version=2 pmi_subversion=0 rc=-1\n");
	begin_2(&f, 1);
	say_2(&f, 1, "cmd=spawn;ncmds=1;");
	hears_2(&f, 1, "cmd=spawn-response;rc=1;errmsg=unsupported;");
	say_2(&f, 1, "cmd=kvs-put;key=only;");
	hears_2(&f, 1, "cmd=kvs-put-response;rc=-1;");
	leave(&f);
}

static void is_hung_up(struct fixture *f, int task)
{
	char byte;

	errno = 0;
	assert_true(recv(f->ends[task], &byte, 1, MSG_DONTWAIT) <= 0 && errno != EAGAIN);
}

static void who_sends_nonsense_is_hung_up_on_and_others_are_served(void **state)
{
	static char endless[PMI_MESSAGE_MAX + 65536];
	struct fixture f;

	attend(&f);
	begin_2(&f, 0);
	say(&f, 0, "nonsense that has no length");
	is_hung_up(&f, 0);
	say(&f, 1, "cmd=get_appnum\n");
	hears(&f, 1, "cmd=appnum rc=0 appnum=0\n");
	memset(endless, 'x', sizeof(endless));
	for (size_t sent = 0; sent < sizeof(endless) - 65536;) {
		ssize_t n = send(f.ends[1], endless, 65536, MSG_DONTWAIT | MSG_NOSIGNAL);

		sent += n > 0 ? (size_t)n : 0;
		serve(&f);
	}
	is_hung_up(&f, 1);
	leave(&f);
}

/* Nobody waits for a task that does not read what it asked for. */
static void who_does_not_read_is_not_asked_for_more(void **state)
{
	static char value[3000], text[4000];
	struct fixture f;
	int asked = 0;

	memset(value, 'v', sizeof(value) - 1);
	attend(&f);
	snprintf(text, sizeof(text), "cmd=put key=k value=%s\n", value);
	say(&f, 0, text);
	for (; asked < 100000; asked++) {
		if (send(f.ends[1], "cmd=get key=k\n", 14, MSG_DONTWAIT) != 14)
			break;
		serve(&f);
	}
	assert_true(asked > 0 && asked < 100000);
	say(&f, 0, "cmd=get_appnum\n");
	leave(&f);
}

static void messages_are_whole_or_none(void **state)
{
	static const struct {
		enum pmi_wire wire;
		const char *text;
		ssize_t length;
	} cases[] = {
		{ PMI_WIRE_1, "", 0 },
		{ PMI_WIRE_1, "cmd=init", 0 },
		{ PMI_WIRE_1, "cmd=init\nrest", 9 },
		{ PMI_WIRE_2, "    5", 0 },
		{ PMI_WIRE_2, "     5cmd=", 0 },
		{ PMI_WIRE_2, "     5cmd=;x", 11 },
		{ PMI_WIRE_2, "000005cmd=;", 11 },
		{ PMI_WIRE_2, "5     cmd=;", -1 },
		{ PMI_WIRE_2, "    -5cmd=;", -1 },
		{ PMI_WIRE_2, "      cmd=;", -1 },
		{ PMI_WIRE_2, "     0", 6 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(pmi_message_length(cases[i].wire, cases[i].text,
						    strlen(cases[i].text)),
				 cases[i].length);
}

static void a_store_has_the_last_value_of_a_key_and_an_end(void **state)
{
	static char value[1 << 20];
	struct pmi_store store = { 0 };
	int puts = 0;

	assert_int_equal(pmi_store_put(&store, "a", "1"), 0);
	assert_int_equal(pmi_store_put(&store, "a", "22"), 0);
	assert_string_equal(pmi_store_get(&store, "a"), "22");
	assert_null(pmi_store_get(&store, "b"));
	memset(value, 'x', sizeof(value) - 1);
	for (; puts < 100; puts++) {
		char *key = str_printf("%d", puts);
		int rc = pmi_store_put(&store, key, value);

		free(key);
		if (rc < 0)
			break;
	}
	assert_true(puts >= 60 && puts <= 64);
	assert_int_equal(pmi_store_put(&store, "0", ""), 0);
	pmi_store_free(&store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tasks_of_pmi_1_find_each_other),
		cmocka_unit_test(tasks_of_pmi_2_find_each_other),
		cmocka_unit_test(who_waits_for_a_value_gets_it_when_it_comes),
		cmocka_unit_test(an_abort_is_heard),
		cmocka_unit_test(what_is_not_supported_is_refused),
		cmocka_unit_test(who_sends_nonsense_is_hung_up_on_and_others_are_served),
		cmocka_unit_test(who_does_not_read_is_not_asked_for_more),
		cmocka_unit_test(messages_are_whole_or_none),
		cmocka_unit_test(a_store_has_the_last_value_of_a_key_and_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
