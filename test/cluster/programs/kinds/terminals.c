/* Terminals that a program makes for itself, as script(1), tmux and expect do. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "kinds.h"

static int new_master(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY);

	must(fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0, "posix_openpt");
	return fd;
}

static void pty_pair(void)
{
	struct winsize size = { .ws_row = 33, .ws_col = 77 };
	int master = new_master(), slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	struct termios mode;
	char text[16];

	must(slave >= 0 && ioctl(master, TIOCSWINSZ, &size) == 0, "the slave");
	must(tcgetattr(slave, &mode) == 0, "tcgetattr");
	cfmakeraw(&mode);
	must(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
	saved();
	memset(&size, 0, sizeof(size));
	must(ioctl(slave, TIOCGWINSZ, &size) == 0 && size.ws_row == 33 &&
		     size.ws_col == 77,
	     "its size");
	must(tcgetattr(slave, &mode) == 0 && !(mode.c_lflag & ICANON), "its mode");
	must(write(master, "abc", 3) == 3 && read(slave, text, 3) == 3, "what is typed");
	must(memcmp(text, "abc", 3) == 0, "what is typed");
	must(write(slave, "def", 3) == 3 && read(master, text, 3) == 3, "what is shown");
	must(memcmp(text, "def", 3) == 0, "what is shown");
}

static void pty_master(void)
{
	int master = new_master(), slave;
	char *name = strdup(ptsname(master));

	saved();
	must(strcmp(ptsname(master), name) == 0, "its name");
	slave = open(name, O_RDWR | O_NOCTTY);
	must(slave >= 0, "the slave");
}

static void pty_unread(void)
{
	int master = new_master(), slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	struct termios mode;
	char text[16] = "";

	must(tcgetattr(slave, &mode) == 0, "tcgetattr");
	cfmakeraw(&mode);
	must(tcsetattr(slave, TCSANOW, &mode) == 0, "tcsetattr");
	must(write(slave, "def", 3) == 3, "write");
	saved();
	fcntl(master, F_SETFL, O_NONBLOCK);
	must(read(master, text, 3) == 3 && memcmp(text, "def", 3) == 0,
	     "what was unread");
}

static void pty_hung_up(void)
{
	int master = new_master(), slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	char byte;

	close(master);
	saved();
	must(read(slave, &byte, 1) <= 0, "its end");
}

static void pty_session(void)
{
	int master = new_master();
	char text[64] = "";
	size_t have = 0;
	pid_t pid = child();

	if (pid == 0) {
		int slave;

		setsid();
		slave = open(ptsname(master), O_RDWR);
		ioctl(slave, TIOCSCTTY, 0);
		dup2(slave, 0);
		dup2(slave, 1);
		dup2(slave, 2);
		close(slave);
		close(master);
		execlp("sh", "sh", "-c",
		       "stty -echo; while read -r x; do echo got $x; done", NULL);
		_exit(1);
	}
	wait_state(pid, 'S');
	usleep(300000);
	wait_state(pid, 'S');
	saved();
	must(write(master, "one\n", 4) == 4, "write");
	while (!strstr(text, "got one") && have < sizeof(text) - 1) {
		ssize_t n = read(master, text + have, sizeof(text) - 1 - have);

		must(n > 0, "an answer");
		have += (size_t)n;
	}
	must(tcgetsid(master) == pid, "its session");
	must(tcgetpgrp(master) == pid, "its foreground");
}

static void tty_none(void)
{
	saved();
	must(open("/dev/tty", O_RDWR) < 0 && errno == ENXIO, "there is no terminal");
}

const struct kind kinds_terminals[] = {
	{ "pty_pair", pty_pair, RIGHT, NULL },
	{ "pty_master", pty_master, RIGHT, NULL },
	{ "pty_unread", pty_unread, RIGHT, NULL },
	{ "pty_hung_up", pty_hung_up, RIGHT, NULL },
	{ "pty_session", pty_session, RIGHT, NULL },
	{ "tty_none", tty_none, RIGHT, NULL },
	{ NULL, NULL, RIGHT, NULL },
};
