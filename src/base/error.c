// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int error_set(struct error *e, const char *format, ...)
{
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, format);
	vsnprintf(e->text, sizeof(e->text), format, ap);
	va_end(ap);
	e->number = 0;
	return -1;
}

int error_sys(struct error *e, const char *format, ...)
{
	int saved = errno;
	size_t used;
	va_list ap;

	if (!e)
		return -1;
	va_start(ap, format);
	vsnprintf(e->text, sizeof(e->text), format, ap);
	va_end(ap);
	used = strlen(e->text);
	snprintf(e->text + used, sizeof(e->text) - used, ": %s", strerror(saved));
	e->number = errno = saved;
	return -1;
}

int error_prefix(struct error *e, const char *format, ...)
{
	struct error rest;
	size_t used;
	va_list ap;

	if (!e)
		return -1;
	rest = *e;
	va_start(ap, format);
	vsnprintf(e->text, sizeof(e->text), format, ap);
	va_end(ap);
	used = strlen(e->text);
	snprintf(e->text + used, sizeof(e->text) - used, ": %s", rest.text);
	return -1;
}

bool error_is_passing(const struct error *e)
{
	switch (e->number) {
	case EAGAIN:
	case EDQUOT:
	case EINTR:
	case EIO:
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOLCK:
	case ENOMEM:
	case ENOSPC:
	case ESTALE:
	case ETIMEDOUT:
		return true;
	default:
		return false;
	}
}
