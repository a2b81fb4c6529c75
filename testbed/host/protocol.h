/* What hostctl, outside, asks of hostinit, pid 1 of a host of the testbed.
 *
 * hostctl connects to HOST_SOCKET (through /proc/PID/root) and sends a
 * struct host_request, with descriptors 0, 1 and 2 of the command attached,
 * then its strings: the user's name and the command's arguments, each with its
 * NUL. Then each byte that hostctl sends is a signal for the command, the end
 * of the stream is the end of the command, and an int comes back: the
 * command's exit status as a shell tells it. */
#ifndef TESTBED_PROTOCOL_H
#define TESTBED_PROTOCOL_H

#include <stdint.h>

#define HOST_SOCKET "/run/testbed.socket"

/* Exit statuses as those of env(1) and timeout(1). */
#define STATUS_TESTBED	      125 /* the testbed itself failed */
#define STATUS_CANNOT_EXECUTE 126
#define STATUS_NOT_FOUND      127
#define STATUS_SIGNALED	      128 /* plus the signal's number */

struct host_request {
	uint32_t strings_size;	/* bytes of strings that follow */
	uint32_t strings_count; /* the user's name and the arguments */
};

#endif
