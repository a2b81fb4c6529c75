// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * forge - a manifest that is whole, of whatever stands on standard input: the digest of all
 * of it is added, as doc/store-format.md says. Its lines need not be what they should.
 */
#include <stdio.h>
#include <stdlib.h>

#include <xxhash.h>

int main(void)
{
	static char text[128 << 20];
	XXH128_canonical_t digest;
	size_t size = fread(text, 1, sizeof(text), stdin);

	XXH128_canonicalFromHash(&digest, XXH3_128bits(text, size));
	fwrite(text, 1, size, stdout);
	fputs("end ", stdout);
	for (size_t i = 0; i < sizeof(digest.digest); i++)
		printf("%02x", digest.digest[i]);
	putchar('\n');
	return ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
