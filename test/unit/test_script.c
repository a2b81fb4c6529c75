// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/script.h"

#include <stdio.h>
#include <string.h>

#include "testing.h"

static const char *variable(const char *name)
{
	return strcmp(name, "HOME") == 0 ? "/home/me" : NULL;
}

/* The programs of a text, with a blank between them. */
static const char *programs_of(const char *text)
{
	static char result[4096];
	struct script script = { .variable = variable };

	result[0] = '\0';
	assert_int_equal(script_parse(&script, text, strlen(text)), 0);
	for (size_t i = 0; i < script.programs.count; i++) {
		if (i)
			strcat(result, " ");
		strcat(result, script.programs.names[i]);
	}
	script_free(&script);
	return result;
}

struct text {
	const char *text, *programs;
};

static void check(const struct text *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_string_equal(programs_of(texts[i].text), texts[i].programs);
}

#define CHECK(texts) check(texts, LENGTH(texts))

static void the_first_words_of_commands_are_programs(void **state)
{
	static const struct text texts[] = {
		{ "", "" },
		{ "#!/bin/sh\nls -l\n./prog arg", "ls ./prog" },
		{ "a; b && c || d | e & f", "a b c d e f" },
		{ "a -x \\\n  b\nc", "a c" },
		{ "( a; { b; } )\n", "a b" },
		{ "a # b\nc#d e", "a c#d" },
		{ "a\na\n", "a" },
		{ "a >b 2>c <d 2>&1; e", "a e" },
		{ ">b a &> c", "a" },
		{ "a 2>&1 | b", "a b" },
		{ "A=1 B=\"x y\" a; C=2\nb", "a b" },
		{ "A=(x y z); a", "a" },
		{ "'a b' c; \"d\"e; f\\ g", "a b de f g" },
		{ "cd dir; echo x; [ -f y ]; true", "" },
	};

	(void)state;
	CHECK(texts);
}

static void words_of_the_grammar_are_none(void **state)
{
	static const struct text texts[] = {
		{ "if a; then b; elif c; then d; else e; fi", "a b c d e" },
		{ "while ! a; do b; done <f; until c; do d; done", "a b c d" },
		{ "for x in y z; do a $x; done", "a" },
		{ "for ((i=0; i<3; i++)); do a; done", "a" },
		{ "case $x in y) a;; (z|w) b; c;; esac; d", "a b c d" },
		{ "[[ -f x && y < z ]] && a", "a" },
		{ "f() { a; }\nf; b", "a b" },
		{ "f; function f { a; }", "a" },
		{ "(( x = 1 )) && a; y=$((1 + 2)); b", "a b" },
	};

	(void)state;
	CHECK(texts);
}

static void what_is_in_substitutions_is_started_and_what_in_heredocs_is_not(void **state)
{
	static const struct text texts[] = {
		{ "a $(b $(c)) `d`; e", "c b d a e" },
		{ "a \"x $(b \"y\") z\" '$(c)'", "b a" },
		{ "a <(b) >(c)", "b c a" },
		{ "a <<E b\nc\nE\nd", "a d" },
		{ "a <<-'E' | b\n\tc\n\tE\nd", "a b d" },
		{ "a <<<b; c", "a c" },
		{ "a <<E\nnever ended", "a" },
	};

	(void)state;
	CHECK(texts);
}

static bool substitutes(const char *text)
{
	struct script script = { .variable = variable };
	bool found;

	assert_int_equal(script_parse(&script, text, strlen(text)), 0);
	found = script.substitutes;
	script_free(&script);
	return found;
}

static void process_substitution_is_found_where_it_is_one(void **state)
{
	(void)state;
	assert_true(substitutes("diff <(a) <(b)"));
	assert_true(substitutes("a | tee >(b) >c"));
	assert_true(substitutes("while read x; do y; done < <(z)"));
	assert_false(substitutes("a $(b <c) `d` (e) \"<(f)\" '>(g)'\n# <(h)"));
	assert_false(substitutes("cat <<END\n<(a)\nEND\nb < c"));
}

static void variables_are_known_that_are_plain_text(void **state)
{
	static const struct text texts[] = {
		{ "P=/opt/p\n$P; \"${P}/q\"", "/opt/p /opt/p/q" },
		{ "$HOME/bin/a; $UNKNOWN/b; $1 c; d", "/home/me/bin/a d" },
		{ "P=$(which p); $P; a", "which a" },
		{ "srun $OPTIONS ./a", "srun ./a" },
		{ "P=a; P=${X:-b}; $P", "" },
	};

	(void)state;
	CHECK(texts);
}

static void what_starts_others_is_followed(void **state)
{
	static const struct text texts[] = {
		{ "exec ./a", "./a" },
		{ "exec >log 2>&1\na", "a" },
		{ "time -p nohup ./a &", "nohup ./a" },
		{ "nice -n 5 env A=1 B=2 a", "nice env a" },
		{ "timeout -k 5 1h ./a b", "timeout ./a" },
		{ "srun -n 4 --mpi=pmix -c2 --ntasks 2 ./a -x", "srun ./a" },
		{ "mpirun -np 4 --mca btl tcp,self -x A ./a", "mpirun ./a" },
		{ "mpirun -n 1 a : -n 2 b c", "mpirun b a" },
		{ "mpiexec.hydra -genv A 1 -ppn 2 ./a", "mpiexec.hydra ./a" },
		{ "bash -e ./script.sh a", "bash ./script.sh" },
		{ "sh -c 'a; b' c", "sh a b" },
		{ "srun bash -lc \"a\"", "srun bash a" },
		{ "command -v a; time", "a" },
	};

	(void)state;
	CHECK(texts);
}

static void a_command_is_followed_as_one_of_a_script(void **state)
{
	char *words[] = { (char *)"srun", (char *)"-n", (char *)"2", (char *)"./a" };
	struct script script = { 0 };

	(void)state;
	assert_int_equal(script_parse_command(&script, words, LENGTH(words)), 0);
	assert_int_equal(script.programs.count, 2);
	assert_string_equal(script.programs.names[1], "./a");
	script_free(&script);
}

static void substitutions_as_deep_as_one_likes_are_given_up(void **state)
{
	char text[3 * 1000 + 1];

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		memcpy(text + 3 * i, "$(a", 3);
	text[sizeof(text) - 1] = '\0';
	assert_string_equal(programs_of(text), "");
}

static void a_variable_that_doubles_is_not_known(void **state)
{
	char text[4096] = "A=xxxxxxxx\n";

	(void)state;
	for (int i = 0; i < 64; i++)
		strcat(text, "A=$A$A\n");
	strcat(text, "$A; a");
	assert_string_equal(programs_of(text), "a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_words_of_commands_are_programs),
		cmocka_unit_test(words_of_the_grammar_are_none),
		cmocka_unit_test(
			what_is_in_substitutions_is_started_and_what_in_heredocs_is_not),
		cmocka_unit_test(process_substitution_is_found_where_it_is_one),
		cmocka_unit_test(variables_are_known_that_are_plain_text),
		cmocka_unit_test(what_starts_others_is_followed),
		cmocka_unit_test(a_command_is_followed_as_one_of_a_script),
		cmocka_unit_test(substitutions_as_deep_as_one_likes_are_given_up),
		cmocka_unit_test(a_variable_that_doubles_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
