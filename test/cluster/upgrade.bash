# shellcheck shell=bash
# A program of the nodes' own, with a library, which is upgraded on some of them.

# every_node COMMAND: a shell command of root's on all of them
every_node() {
	local node
	for node in $(root sinfo -h -N -o %N | sort -u); do cluster run "$node" sh -c "$1"; done
}
# A program of the nodes' own, as a package would bring it, with a library.
install_ticker() {
	alice sh -c 'cd "$1" && cat >tick.c && echo "int step(void) { return 1; }" >step.c &&
		gcc -shared -fPIC -o libstep.so step.c && gcc -o tick tick.c libstep.so -Wl,-rpath,/opt/ticker &&
		echo "int step(void) { int one = 1; return one; }" >step.c && gcc -shared -fPIC -o libstep.so.new step.c' _ "$WORK" <<-'C'
		#include <stdio.h>
		#include <time.h>
		#include <unistd.h>
		int step(void);
		int main(void)
		{
			setlinebuf(stdout);
			for (int i = 1; access("over", F_OK) < 0; i += step()) {
				printf("%d\n", i);
				nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
			}
			puts("end");
		}
	C
	every_node "mkdir -p /opt/ticker && cp $WORK/tick $WORK/libstep.so /opt/ticker/"
}
# What a package manager does.
upgrade() { cluster run "$1" sh -c "cp $WORK/libstep.so.new /opt/ticker/new && mv /opt/ticker/new /opt/ticker/libstep.so"; }
