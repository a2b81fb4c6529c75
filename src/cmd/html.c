// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/html.h"

#include <math.h>
#include <time.h>

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void html_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		const char *instead = entity(*text);

		if (instead)
			fputs(instead, out);
		else
			putc(*text, out);
	}
}

struct html_duration html_duration(double seconds)
{
	struct html_duration d;
	double whole = floor(seconds);

	if (seconds < 10)
		snprintf(d.text, sizeof(d.text), "%.2f s", seconds);
	else if (seconds < 60)
		snprintf(d.text, sizeof(d.text), "%.1f s", seconds);
	else if (seconds < 3600)
		snprintf(d.text, sizeof(d.text), "%.0f m %02.0f s", floor(whole / 60),
			 fmod(whole, 60));
	else if (seconds < 86400)
		snprintf(d.text, sizeof(d.text), "%.0f h %02.0f m", floor(whole / 3600),
			 floor(fmod(whole, 3600) / 60));
	else if (seconds < 100 * 86400)
		snprintf(d.text, sizeof(d.text), "%.0f d %02.0f h", floor(whole / 86400),
			 floor(fmod(whole, 86400) / 3600));
	else
		snprintf(d.text, sizeof(d.text), "%.0f d", floor(whole / 86400));
	return d;
}

struct html_percent html_percent(double share)
{
	struct html_percent p;
	double tenths = round(share * 1000);

	if (tenths >= 1000)
		tenths = share < 1 ? 999 : 1000;
	snprintf(p.text, sizeof(p.text), "%.*f %%", tenths < 1000, tenths / 10);
	return p;
}

struct html_time html_time(double when)
{
	struct html_time text = { "unknown" };
	time_t t = (time_t)when;
	struct tm tm;

	if (localtime_r(&t, &tm))
		(void)strftime(text.text, sizeof(text.text), "%Y-%m-%d %H:%M:%S", &tm);
	return text;
}
