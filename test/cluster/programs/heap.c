/*
 * heap MIB STEPS [FILE] - a large heap, changed all over in every step, whose checksum is
 * printed. It ends after so many steps, or when there is FILE.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	size_t mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 1024;
	int steps = argc > 2 ? atoi(argv[2]) : 50;
	size_t n = (mib << 20) / sizeof(uint64_t);
	uint64_t *heap = malloc(n * sizeof(*heap)), sum;

	if (!heap)
		return 1;
	for (size_t i = 0; i < n; i++)
		heap[i] = i * 2654435761u;
	for (int s = 0; s < steps && (argc < 4 || access(argv[3], F_OK) < 0); s++) {
		sum = 0;
		for (size_t i = 0; i < n; i++)
			sum = sum * 31 + (heap[i] += (uint64_t)s);
		printf("%d %016llx\n", s, (unsigned long long)sum);
		fflush(stdout);
		usleep(getenv("PACE") ? 0 : 300000);
	}
	return 0;
}
