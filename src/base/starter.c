// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE
#include "base/starter.h"

#include <string.h>

struct starter {
	const char *name;
	bool builtin;
	size_t operands;	   /* arguments before the command, besides options */
	const char *with_argument; /* options whose argument is the next word */
};

#define MPI                                                                             \
	" -n -np --np -c -N -ppn -npernode --npernode -npersocket --npersocket -host "  \
	"--host -H -hosts -hostfile --hostfile -machinefile --machinefile -f -x -wdir " \
	"--wdir -wd -path --path -prefix --prefix -map-by --map-by -bind-to --bind-to " \
	"-rank-by --rank-by -genvlist -envlist -launcher -bootstrap -iface -rmk -app "  \
	"--app --map-by --output --output-filename --timeout --pmixmca* -tune --tune "  \
	"-mca* --mca* -gmca* --gmca* --prtemca* -genv* -env* "

#define SRUN                                                                           \
	" -A -B -c -C -d -D -e -E -G -i -I -J -K -L -m -M -n -N -o -p -P -q -r -S -t " \
	"-T "                                                                          \
	"-U -v -w -W -x --ntasks --nodes --cpus-per-task --nodelist --exclude --mem "  \
	"--mpi --output --error --input --partition --account --time --gres --gpus "   \
	"--chdir --export --signal --cpu-bind --distribution --relative --job-name "   \
	"--ntasks-per-node --gpus-per-task --gpus-per-node --container --qos "

/* An option with "*" behind it takes two words. */
static const struct starter starters[] = {
	{ "command", true, 0, " " },
	{ "builtin", true, 0, " " },
	{ "exec", true, 0, " -a " },
	{ "time", true, 0, " -f -o --format --output " },
	{ "nohup", false, 0, " " },
	{ "setsid", false, 0, " " },
	{ "nice", false, 0, " -n --adjustment " },
	{ "ionice", false, 0, " -c -n -p --class --classdata " },
	{ "chrt", false, 1, " -T -P -D " },
	{ "taskset", false, 1, " " },
	{ "numactl", false, 0, " -i -m -N -C -p --interleave --membind --cpunodebind " },
	{ "timeout", false, 1, " -k -s --kill-after --signal " },
	{ "stdbuf", false, 0, " -i -o -e --input --output --error " },
	{ "env", false, 0, " -u -C -S --unset --chdir " },
	{ "xargs", false, 0, " -a -d -E -I -L -n -P -s " },
	{ "sudo", false, 0, " -u -g -C -h -p -D " },
	{ "strace", false, 0, " -e -o -p -s -u " },
	{ "valgrind", false, 0, " " },
	{ "srun", false, 0, SRUN },
	{ "mpirun", false, 0, MPI },
	{ "mpiexec", false, 0, MPI },
	{ "mpiexec.hydra", false, 0, MPI },
	{ "orterun", false, 0, MPI },
	{ "prterun", false, 0, MPI },
	{ "mpirun.openmpi", false, 0, MPI },
	{ "mpiexec.openmpi", false, 0, MPI },
	{ "mpirun.mpich", false, 0, MPI },
	{ "mpiexec.mpich", false, 0, MPI },
};

#define NSTARTERS (sizeof(starters) / sizeof(starters[0]))

static const char *base_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

static const struct starter *find(const char *name)
{
	const char *base = base_name(name);

	for (size_t i = 0; i < NSTARTERS; i++) {
		/* A path is that of a program, even if the shell knows the name. */
		if (!strcmp(starters[i].name, starters[i].builtin ? name : base))
			return &starters[i];
	}
	return NULL;
}

/* Behind the word in a list of words with a blank before and behind each; or NULL. */
static const char *find_in(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; length && (at = strstr(at, word)); at += length) {
		if (at > list && at[-1] == ' ' &&
		    (at[length] == ' ' || at[length] == '*'))
			return at + length;
	}
	return NULL;
}

bool starter_is_builtin(const char *name)
{
	static const char builtins[] =
		" . : [ alias bg break cd continue declare dirs disown echo enable eval "
		"exit export false fg getopts hash jobs kill let local mapfile module ml "
		"popd printf pushd pwd read readarray readonly return set shift shopt "
		"source spack suspend test times trap true type typeset ulimit umask "
		"unalias unset wait ";
	const struct starter *starter = find(name);

	return starter ? starter->builtin : find_in(builtins, name) != NULL;
}

bool starter_is_mpi(const char *name)
{
	const struct starter *starter = find(name);

	return starter && !strcmp(starter->with_argument, MPI);
}

bool starter_is_shell(const char *name)
{
	return find_in(" sh bash dash ash ksh mksh zsh ", base_name(name)) != NULL;
}

/* Words that an option takes after itself. */
static size_t arguments_of(const struct starter *starter, const char *option)
{
	const char *behind = find_in(starter->with_argument, option);

	return !behind ? 0 : *behind == '*' ? 2 : 1;
}

size_t starter_next(char *const *words, size_t count)
{
	const struct starter *starter = find(words[0]);
	size_t operands = starter ? starter->operands : 0;
	size_t i = 1;

	if (!starter)
		return count;
	while (i < count) {
		const char *word = words[i];

		if (!strcmp(word, "--"))
			return i + 1 < count ? i + 1 : count;
		if (word[0] == '-' && word[1])
			i += 1 + arguments_of(starter, word);
		else if (!*word || strchr(word, '='))
			i++; /* unknown; or a variable for env */
		else if (operands > 0)
			operands--, i++;
		else
			break;
	}
	return i < count ? i : count;
}
