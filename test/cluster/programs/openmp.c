/* Threads that work in step; every line depends on all of them. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int steps = argc > 1 ? atoi(argv[1]) : 100;
	static double x[40000];

	for (int i = 0; i < 40000; i++)
		x[i] = i;
	for (int s = 0; s < steps; s++) {
		double sum = 0;

#pragma omp parallel for num_threads(3) reduction(+ : sum) schedule(static)
		for (int i = 0; i < 40000; i++) {
			x[i] = x[i] * 1.0001 + s;
			sum += (long)x[i] % 1000;
		}
		printf("%d %.0f\n", s, sum);
		fflush(stdout);
		usleep(getenv("PACE") ? 0 : 100000);
	}
	return 0;
}
