#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Manual pages, help, completion and examples say what the tables of the code say: options,
verbs, keywords, defaults and variables. Reads the sources, runs nothing of them.

    test/documents/options.py [-v] [CLASS.TEST...]
"""
import os
import re
import sys
import unittest

sys.dont_write_bytecode = True  # the sources may be another's, or read-only
from tables import *

# ---- the plugin ----


class Plugin(unittest.TestCase):
    page = page("checkpoint.so.8")
    table = plugin_options()

    def test_the_table_is_read(self):
        self.assertEqual(
            len(self.table),
            len(
                re.findall(
                    r"^\tOPTION_[A-Z_]+,",
                    between(code("src/spank/options.h"), "enum option_id", "OPTION_COUNT"),
                    re.M,
                )
            ),
        )

    def test_synopsis_has_every_option(self):
        line = between(section(self.page, "SYNOPSIS"), "With *sbatch*", "_script_")
        self.assertEqual(long_options(line.replace("*", "")), set(self.table))

    def test_options_has_every_option(self):
        self.assertEqual(set(page_options(section(self.page, "OPTIONS"))), set(self.table))

    def test_options_and_synopsis_have_the_words_of_each(self):
        described = entry_of_each_option(section(self.page, "OPTIONS"))
        synopsis = between(section(self.page, "SYNOPSIS"), "With *sbatch*", "_script_")
        for name, (argument, _) in self.table.items():
            if "|" in argument:
                self.assertEqual(plain(described[name][0]), f"--{name}={argument}")
                self.assertIn(f"[--{name}={argument}]", plain(synopsis).replace(" ", ""))

    def test_environment_has_every_variable(self):
        text = section(self.page, "ENVIRONMENT")
        documented = {plain(h).replace(" ", "_"): plain(b) for h, b in entries(text).items()}
        self.assertEqual(set(documented), {v for _, v in self.table.values() if v})
        for name, (_, variable) in self.table.items():
            if variable:
                self.assertIn(f"--{name}", documented[variable].split()[2].rstrip(".,"))

    def test_options_without_a_variable_are_named(self):
        line = re.search(r"^(.*) have no variable", section(self.page, "ENVIRONMENT"), re.M)
        self.assertEqual(
            long_options(line[1].replace("*", "")),
            {n for n, (_, v) in self.table.items() if not v},
        )

    def test_messages_are_those_that_are_printed(self):
        printed = "\n".join(text for path in sources() for text in strings(code(path)))
        for heading in entries(section(self.page, "DIAGNOSTICS")):
            for words in re.split(
                r"\*?_\w+_\*?|\*|\.\.\.|error: checkpoint: |: job|^checkpoint: ", heading
            ):
                self.assertIn(words.strip(" :"), printed, heading)

    def test_arguments_in_plugstack_conf(self):
        known = set(re.findall(r'path_of\(argv\[i\], "(\w+)="', code("src/spank/settings.c")))
        self.assertEqual(set(re.findall(r"\[\*(\w+)=\*", section(self.page, "SYNOPSIS"))), known)
        self.assertEqual(
            set(re.findall(r"^\*(\w+)=\*_path_$", section(self.page, "INSTALLATION"), re.M)), known
        )


# ---- the configuration ----


class Configuration(unittest.TestCase):
    table = keywords()
    page = {
        re.match(r"\*(\w+)\*=", h)[1]: (h, b)
        for h, b in entries(section(page("checkpoint.conf.5"), "KEYWORDS")).items()
    }
    example = read("etc/checkpoint.conf")

    def test_the_table_is_read(self):
        self.assertEqual(
            len(self.table),
            between(code("src/base/conf.c"), "keywords[] = {", "\n};").count("MEMBER("),
        )

    def test_the_page_has_every_keyword(self):
        self.assertEqual(set(self.page), set(self.table))

    def test_the_example_has_every_keyword(self):
        self.assertEqual(set(re.findall(r"^#?([A-Z]\w+)=", self.example, re.M)), set(self.table))

    def test_words(self):
        for name, keyword in self.table.items():
            if keyword.words:
                heading = plain(self.page[name][0]).split("=")[1]
                self.assertEqual(set(heading.split("|")), set(keyword.words), name)

    def test_bounds(self):
        for name, keyword in self.table.items():
            if keyword.setter in ("set_number", "set_mtbf"):
                said = plain(self.page[name][1])
                self.assertRegex(said, rf"from {keyword.least}\s+to\s+{keyword.most}\b", name)

    def test_defaults(self):
        for name, value in conf_defaults().items():
            said = re.search(
                r"Default: ([^ ]*[^ .])",
                re.sub(r"[*]|(?<![\w/])_|_(?![\w/])", "", self.page[name][1]).replace("\n\t", " "),
            )
            self.assertTrue(said, f"{name}: the page has no default")
            self.assertEqual(said[1].strip().rstrip(".;,"), value, name)

    def test_defaults_of_the_example(self):
        for name, value in conf_defaults().items():
            self.assertIn(f"\n#{name}={value}\n", self.example, name)

    def test_engines(self):
        engines = re.findall(
            r"X\((\w+)\)", between(code("src/base/wishes.h"), "#define ENGINES(X)", "\n")
        )
        self.assertIn("#CheckpointEngines=" + ",".join(engines) + "\n", self.example)
        so = entry_of_each_option(section(page("checkpoint.so.8"), "OPTIONS"))
        for engine in engines:
            self.assertIn(f"*{engine}*", self.page["CheckpointEngines"][1])
            self.assertIn(f"*{engine}*", so["checkpoint-engine"][1])
            self.assertIn(f"| `{engine}` |", read("doc/engines.md"))
            self.assertRegex(read("doc/store-format.md"), rf"\| `engine` \| [^|]*`{engine}`")


# ---- the commands ----


class Scheckpoint(unittest.TestCase):
    source = "src/cmd/scheckpoint.c"
    page = page("scheckpoint.1")
    options = {n: l for n, l in getopt_table(source).items() if n not in INTERNAL}
    of_test = set(getopt_table("src/cmd/test.c", "static const struct option"))

    def test_the_table_is_read(self):
        self.assertEqual(
            len(verbs()), between(code(self.source), "struct verb verbs[]", "};").count("verb_")
        )

    def test_the_page_has_every_verb(self):
        found = {re.match(r"\*(\w+)\*", h)[1] for h in entries(section(self.page, "VERBS"))}
        self.assertEqual(found, set(verbs()))

    def test_help_has_every_option(self):
        found = help_options(help_of(self.source))
        self.assertEqual(found, {n: l for n, l in self.options.items() if n != "dir"})

    def test_the_page_has_every_option(self):
        found = page_options(section(self.page, "OPTIONS"))
        self.assertEqual(set(found), set(self.options) | self.of_test)
        letters = {n: l for n, l in self.options.items() if n != "dir" and l}
        self.assertEqual({n: l for n, l in found.items() if l and n != "dir"}, letters)

    def test_the_page_says_which_verbs_take_an_option(self):
        source = code(self.source)
        common = re.search(rf"#define COMMON {STRING}", source)[1]
        letters = dict(re.findall(r"OPTION_(\w+) = '(\w)'", source))
        table = re.findall(
            r'\{ "([\w-]+)", \w+, NULL, (\'\w\'|\w+) \}',
            between(source, "struct option options[]", "};"),
        )
        said = {}
        for name, (_, body) in entry_of_each_option(section(self.page, "OPTIONS")).items():
            intro = re.match(r"\t((?:\*\w+\*,?\s+)*\*\w+\*):", body)
            said[name] = set(re.findall(r"\w+", intro[1])) if intro else set()
        for name, value in table:
            letter = value[1] if value[0] == "'" else letters[value.removeprefix("OPTION_")]
            if letter not in common and name not in INTERNAL:
                takers = {verb for verb, taken in verbs().items() if letter in taken}
                self.assertEqual(said[name], takers, f"--{name}")

    def test_help_names_the_verbs_that_need_no_job(self):
        line = re.search(
            r"inside of a\s+job\s+(.*?)\s+need none", help_of(self.source).replace("\n", " ")
        )
        page_line = re.search(
            r"^\*create\*.*?without a _JOB_", section(self.page, "JOBS"), re.M | re.S
        )
        self.assertEqual(
            set(re.findall(r"\w+", line[1])) - {"and"}, set(re.findall(r"\*(\w+)\*", page_line[0]))
        )

    def test_completion_has_every_option_and_verb(self):
        self.assertEqual(
            completed("scheckpoint") - {"dir"}, (set(self.options) | self.of_test) - {"dir"}
        )
        found = re.search(r"_scheckpoint_verbs='([^']*)'", read("etc/completion/scheckpoint"))[
            1
        ].split()
        self.assertEqual(set(found), set(verbs()))

    def test_documents_name_no_verb_that_is_not(self):
        for name in MARKDOWN + PAGES:
            for verb in re.findall(r"(?:`|\*|^ *|[$#(] )scheckpoint ([a-z]+)\b", read(name), re.M):
                self.assertIn(verb, set(verbs()), name)

    def test_metrics(self):
        rows = re.findall(rf'^\t\{{ "(\w+)", "(\w+)"', code("src/cmd/openmetrics.c"), re.M)
        said = re.findall(r"^\|  (\w+)\n:  (\w+)$", section(self.page, "METRICS"), re.M)
        self.assertEqual(said, rows)

    def test_history_has_every_event(self):
        text = section(self.page, "HISTORY")
        for event in events():
            self.assertIn(f"*{event}*", text)

    def test_environment(self):
        found = set(re.findall(r"\*(\w+)\*", " ".join(entries(section(self.page, "ENVIRONMENT")))))
        used = set()
        for path in ["src/cmd/scheckpoint.c", "src/cmd/inside.c", "src/base/conf.c"]:
            for name in re.findall(r'getenv\("?(\w+)"?\)', code(path)):
                used.add(dict(defines()).get(name, name))
        self.assertEqual(found, used)


class Smigrate(unittest.TestCase):
    source = "src/cmd/smigrate/options.c"
    page = page("smigrate.1")
    options = getopt_table(source)

    def test_help_has_every_option(self):
        self.assertEqual(help_options(help_of(self.source)), self.options)

    def test_the_page_has_every_option(self):
        self.assertEqual(page_options(section(self.page, "OPTIONS")), self.options)

    def test_completion_has_every_option(self):
        self.assertEqual(completed("smigrate"), set(self.options))

    def test_words(self):
        source = code(self.source)
        headings = " ".join(plain(h) for h in entries(section(self.page, "OPTIONS")))
        for name, words in re.findall(rf'set_act\("([\w-]+)", "\|([a-z|]+)\|"', source):
            self.assertIn(f"--{name}={words}", headings)
            self.assertRegex(help_of(self.source), rf"--{name}=ACT [^\n]*{re.escape(words)}\n")


class Srebalance(unittest.TestCase):
    page = page("srebalance.1")
    simulate, plan = "src/cmd/srebalance/options.c", "src/cmd/srebalance/plan_options.c"
    options = getopt_table(simulate)
    of_plan = getopt_table(plan)

    def test_help_has_every_option(self):
        text = help_of(self.simulate)
        self.assertEqual(long_options(text) - {"parsable2"}, set(self.options))
        self.assertEqual(help_options(help_of(self.plan)), self.of_plan)

    def test_the_page_has_every_option(self):
        self.assertEqual(
            page_options(section(self.page, "OPTIONS OF SIMULATE")), self.options
        )
        self.assertEqual(page_options(section(self.page, "OPTIONS OF PLAN")), self.of_plan)

    def test_completion_has_every_option(self):
        found = completed("srebalance") - {"version"}
        self.assertEqual(found, set(self.options) | set(self.of_plan))

    def test_defaults_of_the_page_are_those_of_help(self):
        described = entry_of_each_option(section(self.page, "OPTIONS OF SIMULATE"))
        for name, default in re.findall(
            r"--([\w-]+)=[A-Z][^-]*?\((\d\w*)\)", help_of(self.simulate)
        ):
            first = re.match(r"\d+", default)[0]
            self.assertRegex(plain("".join(described[name])), rf"\b{first}", f"--{name}")

    def test_policies(self):
        found = {plain(h) for h in entries(section(self.page, "DESCRIPTION"))}
        words = re.search(r"--policy=LIST\s+([a-z,]+)", help_of(self.simulate))[1]
        self.assertEqual(found, set(words.split(",")))
        found = {plain(h) for h in entries(section(self.page, "PLAN"))}
        table = between(code("src/cmd/srebalance/decide.c"), "policies[] = {", "};")
        self.assertEqual(found, set(re.findall(r'\] = \{ "([a-z]+)"', table)))


# ---- all of them, in all documents ----


class Shown(unittest.TestCase):
    def test_commands_have_the_options_that_they_are_shown_with(self):
        known = {
            "scheckpoint": set(Scheckpoint.options) | Scheckpoint.of_test,
            "smigrate": set(Smigrate.options),
            "srebalance": set(Srebalance.options) | set(Srebalance.of_plan) | {"help", "version"},
        }
        for name in MARKDOWN + PAGES:
            # From its mark to where it ends: a mark, the line, another command, its own "--".
            for command, rest in re.findall(
                r"(?:[`*#$(] ?|^ +)(scheckpoint|smigrate|srebalance)( [^`*|;)$\n']*)",
                read(name),
                re.M,
            ):
                options = long_options(re.split(r"--then=| -- |\(|, ", rest)[0])
                self.assertEqual(options - known[command], set(), f"{name}: {command}{rest}")

    def test_options_of_sbatch_exist(self):
        known = set(plugin_options())
        for name in MARKDOWN + PAGES:
            found = {
                o
                for o in long_options(read(name).replace("*", ""))
                if o.startswith(("checkpoint", "no-checkpoint", "eternal"))
            }
            self.assertEqual(found - known, set(), name)

    def test_documents_name_no_variable_that_is_not(self):
        known = {v for p in sources() for v in re.findall(r'"(S(?:LURM|BATCH)_\w+)"', code(p))}
        for name in MARKDOWN + PAGES:
            for variable in re.findall(
                r"\bS(?:LURM_CHECKPOINT|BATCH_CHECKPOINT|BATCH_ETERNAL)\w*", read(name)
            ):
                self.assertIn(variable, known, name)


if __name__ == "__main__":
    unittest.main()
