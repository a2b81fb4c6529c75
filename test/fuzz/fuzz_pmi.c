// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fuzz_pmi.c - whatever tasks send as PMI, srun reads nothing but that, waits for nobody, and
 * answers in the same protocol.
 *
 * The first byte of each piece says which of two tasks sends it and how long it is; the
 * tasks read all answers, or only at the end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "step/pmi.h"
#include "step/pmi_message.h"

#define TASKS 2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int holds)
{
	if (!holds)
		abort();
}

/* The task's end, kept beyond pmi_started(). */
static int end_of_task(struct pmi *pmi, long task)
{
	must(pmi_be_task(pmi, task) == 0);
	return dup(atoi(getenv("PMI_FD")));
}

static void drain(int fd)
{
	char answers[4096];

	while (recv(fd, answers, sizeof(answers), MSG_DONTWAIT) > 0)
		;
}

static void serve(struct pmi *pmi)
{
	struct pollfd fds[TASKS];
	nfds_t n = pmi_wait_for(pmi, fds);

	if (poll(fds, n, 0) > 0)
		(void)pmi_serve(pmi, fds, n);
}

static void fuzz_message(enum pmi_wire wire, const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct pmi_message m;
	ssize_t length;

	must(text != NULL);
	memcpy(text, data, size);
	length = pmi_message_length(wire, text, size);
	must(length <= (ssize_t)size);
	if (length > 0) {
		pmi_message_parse(&m, wire, text, (size_t)length);
		must(m.count <= PMI_PAIRS_MAX);
		for (size_t i = 0; i < m.count; i++)
			must(strlen(m.keys[i]) + strlen(m.values[i]) <= size);
	}
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pmi *pmi = pmi_open(TASKS, "1.0");
	int ends[TASKS];

	fuzz_message(PMI_WIRE_1, data, size);
	fuzz_message(PMI_WIRE_2, data, size);
	must(pmi != NULL);
	for (long i = 0; i < TASKS; i++)
		ends[i] = end_of_task(pmi, i);
	pmi_started(pmi);
	while (size > 0) {
		size_t length = *data >> 2, task = *data & 1;
		int reads = *data & 2;

		data++;
		size--;
		length = length < size ? length : size;
		(void)send(ends[task], data, length, MSG_DONTWAIT | MSG_NOSIGNAL);
		serve(pmi);
		if (reads)
			drain(ends[task]);
		data += length;
		size -= length;
	}
	for (long i = 0; i < TASKS; i++) {
		drain(ends[i]);
		serve(pmi);
		close(ends[i]);
	}
	must(pmi_connected(pmi) <= TASKS);
	pmi_close(pmi);
	return 0;
}
