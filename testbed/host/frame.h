/* What vmctl, outside, and vmagent, in a machine, send each other through a port: a
 * virtio-serial port, which is a character device inside and a Unix socket of qemu's
 * outside, and needs no network.
 *
 * A port serves one command at a time, for one vmctl. What an earlier one has left
 * in the port belongs to another session, and is thrown away. */
#ifndef TESTBED_FRAME_H
#define TESTBED_FRAME_H

#include <stdint.h>

#define FRAME_PORTS    8 /* commands at a time; lib/vm.sh gives a machine as many */
#define FRAME_DATA_MAX (1 << 20) /* of a command's strings */
#define FRAME_CHUNK    32768	 /* of its stdin, stdout and stderr */
#define FRAME_MAGIC    0x544d5646u

enum frame_type {
	/* to the machine */
	FRAME_RUN,    /* the user's name and the arguments, each with its NUL */
	FRAME_STDIN,  /* one at a time; of no size: its end */
	FRAME_SIGNAL, /* a byte: its number */
	/* from it */
	FRAME_STARTED,	   /* the command was heard */
	FRAME_STDIN_TAKEN, /* the next may come */
	FRAME_STDOUT,
	FRAME_STDERR,
	FRAME_STATUS, /* an int, as hostinit's; the last */
};

struct frame {
	uint32_t magic;
	uint32_t session;
	uint32_t type;
	uint32_t size; /* of the data that follow */
};

#endif
