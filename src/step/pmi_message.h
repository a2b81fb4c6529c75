/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pmi_message.h - the messages of PMI, by which tasks of MPICH and its relatives find each
 * other, as they go through the socket in PMI_FD.
 *
 *	PMI-1	"cmd=put kvsname=12.0 key=a value=b\n"		a line, words between spaces
 *	PMI-2	"    31cmd=kvs-put;key=a;value=b;c;;d;"		six digits of length, then
 *								pairs; ";;" is ";" in a value
 *
 * As MPICH speaks them (src/pmi there, "PMI v2 wire protocol"), and the plugin mpi/pmi2 of
 * Slurm. A task may send anything at all.
 */
#ifndef STEP_PMI_MESSAGE_H
#define STEP_PMI_MESSAGE_H

#include <stddef.h>
#include <sys/types.h>

enum pmi_wire { PMI_WIRE_1 = 1, PMI_WIRE_2 = 2 };

/* Bytes of a message: what six digits can say, and they themselves. */
#define PMI_MESSAGE_MAX 1000005

#define PMI_PAIRS_MAX 256 /* of a message; a spawn, which is refused, may have more */

struct pmi_message {
	char *keys[PMI_PAIRS_MAX], *values[PMI_PAIRS_MAX];
	size_t count;
};

/*
 * How many of the bytes are the first message; 0: it is not whole yet. -1: they are none,
 * and none can follow.
 */
ssize_t pmi_message_length(enum pmi_wire wire, const char *data, size_t size);

/*
 * Take a whole message apart, in place: keys and values are in data, of which the byte at
 * size may be written as well. A zero byte ends it. Pairs beyond PMI_PAIRS_MAX are left out.
 */
void pmi_message_parse(struct pmi_message *m, enum pmi_wire wire, char *data,
		       size_t size);

/* The first value of a key, "" if it has only its name; NULL: it is not there. */
const char *pmi_message_get(const struct pmi_message *m, const char *key);

/* A number of decimal digits; otherwise what is given. */
int pmi_message_number(const struct pmi_message *m, const char *key, int otherwise);

/* A message as it goes, of pairs as the wire writes them. Owned; NULL without memory. */
char *pmi_message_make(enum pmi_wire wire, const char *pairs);

/* A value as it stands in a message of PMI-2. Owned; NULL without memory. */
char *pmi_message_quote(const char *value);

#endif
