/* Linked statically: nothing can be put between it and the kernel. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int steps = argc > 1 ? atoi(argv[1]) : 100;
	unsigned long long x = 88172645463325252ull;
	FILE *f = fopen(argv[2], "w");

	for (int s = 0; s < steps; s++) {
		for (int i = 0; i < 1000000; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
		}
		printf("%d %llu\n", s, x);
		fprintf(f, "%llu %d\n", x, s);
		fflush(stdout);
		fflush(f);
		usleep(getenv("PACE") ? 0 : 100000);
	}
	return 0;
}
