#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
The documents say what the tables of the code say: options, keywords and their defaults,
verbs, variables, requests, names in the store. Reads the sources, runs nothing of them.

    test/documents.py [-v] [NAME...]
"""
import functools
import os
import re
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

MARKDOWN = ["README.md", "testbed/README.md"] + [
    os.path.relpath(os.path.join(path, name), ROOT)
    for path, _, names in os.walk(os.path.join(ROOT, "doc"))
    for name in sorted(names)
    if name.endswith(".md")
]

# Options that no user is to give.
INTERNAL = {"node-token"}

# Options of Slurm's commands that the completions call.
SLURMS = {"noheader", "format", "array", "states", "me", "autocomplete"}

STRING = r'"((?:[^"\\]|\\.)*)"'


# ---- reading ----


@functools.lru_cache(None)
def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


@functools.lru_cache(None)
def code(path):
    """A C file without its comments."""
    return re.sub(r'/\*.*?\*/|//[^\n]*|("(?:[^"\\]|\\.)*")', lambda m: m[1] or " ", read(path), flags=re.S)


def between(text, start, end):
    at = text.index(start)
    return text[at : text.index(end, at)]


def strings(text):
    """Its string literals; those with nothing but white space between them are one."""
    joined = re.sub(r'"\s+(?:PRI\w+\s+)?"', "", text)
    return [s.replace('\\"', '"').replace("\\n", "\n") for s in re.findall(STRING, joined)]


@functools.lru_cache(None)
def sources():
    found = []
    for path, _, names in os.walk(os.path.join(ROOT, "src")):
        for name in names:
            if name.endswith((".c", ".h")):
                found.append(os.path.relpath(os.path.join(path, name), ROOT))
    return found


@functools.lru_cache(None)
def defines():
    """Macros that are one string: their values by their names."""
    found = {}
    for path in sources():
        for name, value in re.findall(r'^#define (\w+)[ \t]+(?:\\\n[ \t]*)?"([^"\n]*)"[ \t]*$', code(path), re.M):
            found.setdefault(name, value)
    return found


def page(name):
    return read(f"doc/man/{name}.scd")


def section(text, title):
    """What stands under the heading "# title", up to the next of that level."""
    found = re.search(rf"^# {re.escape(title)}\n(.*?)(?=^# |\Z)", text, re.M | re.S)
    assert found, f"there is no section {title}"
    return found[1]


def entries(text):
    """The definition list of a page: text by heading line. A line in bold (*...*) that is
    followed by an indented one is a heading."""
    found = {}
    for heading, body in re.findall(r"^(\*[^\n]*)\n((?:(?:\t[^\n]*)?\n)+)", text, re.M):
        if body.startswith("\t"):
            found[heading] = body
    return found


def plain(text):
    """Without the marks of scdoc."""
    return re.sub(r"\\(.)", r"\1", text.replace("*", "").replace("_", " ")).replace("\n", " ")


def long_options(text):
    return set(re.findall(r"(?<![\w-])--([a-z][a-z0-9-]+)", text))


def table_rows(text):
    """The rows of markdown tables, each a list of cells."""
    return [[c.strip() for c in line.strip("|").split("|")] for line in text.split("\n") if line.startswith("|")]


def getopt_table(path, start="static const struct option options[]"):
    """The options of a program: their letters, or None, by their names."""
    rows = re.findall(r'\{ "([\w-]+)", (\w+), NULL, (\'\w\'|\w+) \}', between(code(path), start, "};"))
    return {name: letter[1] if letter[0] == "'" else None for name, _, letter in rows}


def help_of(path, function="print_usage"):
    source = code(path)
    body = between(source, f"{function}(", "\n}\n")
    return "\n".join(strings(body))


def help_options(text):
    """Letters by names, as a summary of options has them: "  -d, --drain-node=NODES"."""
    found = {}
    for line in text.split("\n"):
        option = re.match(r" +(?:-(\w), )?--([\w-]+)", line)
        if option:
            found[option[2]] = option[1]
    return found


def page_options(text):
    """The same of the headings of a page's section OPTIONS."""
    found = {}
    for heading in entries(text):
        for part in heading.split("; "):
            letter = re.match(r"\*-(\w)\*, ", part)
            for name in long_options(part.replace("*", "")):
                found[name] = letter[1] if letter else None
    return found


def completed(path):
    text = re.sub(r"^\s*#.*", "", read(f"etc/completion/{path}"), flags=re.M)
    return {o for o in long_options(text) if not o.endswith("-")} - SLURMS


# ---- the plugin ----


def plugin_options():
    table = between(code("src/spank/options.c"), "option_table[OPTION_COUNT]", "\n};")
    found = {}
    for row in re.split(r"\n\t\[OPTION_\w+\] = ", table)[1:]:
        name, argument, has_arg, rest = re.match(rf"\{{ {STRING},\s+(NULL|{STRING}),\s+(\w+),(.*)", row, re.S).group(1, 2, 4, 5)
        variable = re.search(r'"(SBATCH_\w+)"', rest)
        found[name] = (argument.strip('"'), has_arg, variable[1] if variable else None)
    return found


class Plugin(unittest.TestCase):
    page = page("checkpoint.so.8")
    table = plugin_options()

    def test_the_table_is_read(self):
        self.assertEqual(len(self.table), len(re.findall(r"^\tOPTION_[A-Z_]+,", between(code("src/spank/options.h"), "enum option_id", "OPTION_COUNT"), re.M)))

    def test_synopsis_has_every_option(self):
        line = between(section(self.page, "SYNOPSIS"), "With *sbatch*", "_script_")
        self.assertEqual(long_options(line.replace("*", "")), set(self.table))

    def test_options_has_every_option(self):
        self.assertEqual(set(page_options(section(self.page, "OPTIONS"))), set(self.table))

    def test_options_and_synopsis_have_the_words_of_each(self):
        headings = {n: h for h in entries(section(self.page, "OPTIONS")) for n in long_options(h.replace("*", ""))}
        synopsis = between(section(self.page, "SYNOPSIS"), "With *sbatch*", "_script_")
        for name, (argument, _, _) in self.table.items():
            if "|" in argument:
                self.assertEqual(plain(headings[name]), f"--{name}={argument}")
                self.assertIn(f"[--{name}={argument}]", plain(synopsis).replace(" ", ""))

    def test_environment_has_every_variable(self):
        text = section(self.page, "ENVIRONMENT")
        documented = {plain(h).replace(" ", "_"): plain(b) for h, b in entries(text).items()}
        self.assertEqual(set(documented), {v for _, _, v in self.table.values() if v})
        for name, (_, _, variable) in self.table.items():
            if variable:
                self.assertIn(f"--{name}", documented[variable].split()[2].rstrip(".,"))

    def test_options_without_a_variable_are_named(self):
        line = re.search(r"^(.*) have no variable", section(self.page, "ENVIRONMENT"), re.M)
        self.assertEqual(long_options(line[1].replace("*", "")), {n for n, (_, _, v) in self.table.items() if not v})

    def test_messages_are_those_that_are_printed(self):
        printed = "\n".join(text for path in sources() for text in strings(code(path)))
        for heading in entries(section(self.page, "DIAGNOSTICS")):
            for words in re.split(r"\*?_\w+_\*?|\*|\.\.\.|error: checkpoint: |: job|^checkpoint: ", heading):
                self.assertIn(words.strip(" :"), printed, heading)

    def test_arguments_in_plugstack_conf(self):
        known = set(re.findall(r'path_of\(argv\[i\], "(\w+)="', code("src/spank/settings.c")))
        self.assertEqual(set(re.findall(r"\[\*(\w+)=\*", section(self.page, "SYNOPSIS"))), known)
        self.assertEqual(set(re.findall(r"^\*(\w+)=\*_path_$", section(self.page, "INSTALLATION"), re.M)), known)


# ---- the configuration ----


def keywords():
    found = {}
    rows = re.findall(
        rf"\{{ {STRING}, (\w+), MEMBER\((\w+)\), (\w+), (\w+),\s+(NULL|{STRING}|\w+) \}}",
        between(code("src/base/conf.c"), "keywords[] = {", "\n};"),
    )
    baselines = re.search(rf"#define CPU_BASELINES {STRING}", code("src/base/cpu.h"))[1]
    for name, setter, member, least, most, words, _ in rows:
        words = baselines if words == "CPU_BASELINES" else words.strip('"')
        found[name] = (setter, member, least, most, None if words == "NULL" else words.split("|"))
    return found


def numbers():
    """What the bounds in the table of keywords are called."""
    return {"SECONDS_IN_DAY": "86400", "DAYS_MAX": "36500", "CONF_KEEP_MAX": re.search(r"CONF_KEEP_MAX = (\d+)|CONF_KEEP_MAX\s+(\d+)", code("src/base/conf.h")).group(0).split()[-1]}


def conf_defaults():
    """By keyword: what conf_init() sets, as it is written in the file."""
    init = dict(re.findall(r"\.(\w+) = (\w+)", between(code("src/base/conf.c"), "*conf = (struct conf){", "};")))
    found = {}
    for name, (_, member, _, _, words) in keywords().items():
        value = init.get(member)
        if words and value in (None, "true"):
            found[name] = words[1 if value else 0]
        elif words:
            found[name] = next(w for w in words if value.lower().replace("_", "-").endswith(w.lower()))
        elif value:
            found[name] = value
    found["CheckpointDir"] = re.search(rf"#define DEFAULT_DIR {STRING}", code("src/base/conf.c"))[1]
    return found


class Configuration(unittest.TestCase):
    table = keywords()
    page = {re.match(r"\*(\w+)\*=", h)[1]: (h, b) for h, b in entries(section(page("checkpoint.conf.5"), "KEYWORDS")).items()}
    example = read("etc/checkpoint.conf")

    def test_the_table_is_read(self):
        self.assertEqual(len(self.table), between(code("src/base/conf.c"), "keywords[] = {", "\n};").count("MEMBER("))

    def test_the_page_has_every_keyword(self):
        self.assertEqual(set(self.page), set(self.table))

    def test_the_example_has_every_keyword(self):
        self.assertEqual(set(re.findall(r"^#?([A-Z]\w+)=", self.example, re.M)), set(self.table))

    def test_words(self):
        for name, (_, _, _, _, words) in self.table.items():
            if words:
                heading = plain(self.page[name][0]).split("=")[1]
                self.assertEqual(set(heading.split("|")), set(words), name)

    def test_bounds(self):
        for name, (setter, _, least, most, _) in self.table.items():
            if setter in ("set_number", "set_mtbf"):
                most = numbers().get(most, most)
                self.assertRegex(plain(self.page[name][1]), rf"from {least}\s+to\s+{most}", name)

    def test_defaults(self):
        for name, value in conf_defaults().items():
            said = re.search(r"Default: ([^ ]*[^ .])", re.sub(r"[*]|(?<![\w/])_|_(?![\w/])", "", self.page[name][1]).replace("\n\t", " "))
            self.assertTrue(said, f"{name}: the page has no default")
            self.assertEqual(said[1].strip().rstrip(".;,"), value, name)

    def test_defaults_of_the_example(self):
        for name, value in conf_defaults().items():
            if name not in ("NodeFeature",):
                self.assertIn(f"\n#{name}={value}\n", self.example, name)

    def test_engines(self):
        engines = re.findall(r"X\((\w+)\)", between(code("src/base/wishes.h"), "#define ENGINES(X)", "\n"))
        self.assertIn("#CheckpointEngines=" + ",".join(engines) + "\n", self.example)
        so = {re.match(r"\*--([\w-]+)", h)[1]: b for h, b in entries(section(page("checkpoint.so.8"), "OPTIONS")).items()}
        for engine in engines:
            self.assertIn(f"*{engine}*", self.page["CheckpointEngines"][1])
            self.assertIn(f"*{engine}*", so["checkpoint-engine"])
            self.assertIn(f"| `{engine}` |", read("doc/engines.md"))
            self.assertRegex(read("doc/store-format.md"), rf"\| `engine` \| [^|]*`{engine}`")


# ---- the commands ----


def verbs():
    """Of scheckpoint: the letters of their options, by their names."""
    table = between(code("src/cmd/scheckpoint.c"), "struct verb verbs[]", "};")
    return dict(re.findall(r'\{ "(\w+)",\s+"[^"]*",\s+(?:"[^"]*"\s*)+,\s+("\w*"|NULL),', table))


class Scheckpoint(unittest.TestCase):
    source = "src/cmd/scheckpoint.c"
    page = page("scheckpoint.1")
    options = {n: l for n, l in getopt_table(source).items() if n not in INTERNAL}
    of_test = set(getopt_table("src/cmd/test.c", "static const struct option"))

    def test_the_table_is_read(self):
        self.assertEqual(len(verbs()), between(code(self.source), "struct verb verbs[]", "};").count("verb_"))

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
        table = re.findall(r'\{ "([\w-]+)", \w+, NULL, (\'\w\'|\w+) \}', between(source, "struct option options[]", "};"))
        said = {}
        for heading, body in entries(section(self.page, "OPTIONS")).items():
            intro = re.match(r"\t((?:\*\w+\*,?\s+)*\*\w+\*):", body)
            for name in long_options(heading.replace("*", "")):
                said[name] = set(re.findall(r"\w+", intro[1])) if intro else set()
        for name, value in table:
            letter = value[1] if value[0] == "'" else letters[value.removeprefix("OPTION_")]
            if letter not in common and name not in INTERNAL:
                takers = {v for v, taken in verbs().items() if letter in taken.strip('"') and taken != "NULL"}
                self.assertEqual(said[name], takers, f"--{name}")

    def test_help_names_the_verbs_that_need_no_job(self):
        line = re.search(r"inside of a\s+job\s+(.*?)\s+need none", help_of(self.source).replace("\n", " "))
        page_line = re.search(r"^\*create\*.*?without a _JOB_", section(self.page, "JOBS"), re.M | re.S)
        self.assertEqual(set(re.findall(r"\w+", line[1])) - {"and"}, set(re.findall(r"\*(\w+)\*", page_line[0])))

    def test_completion_has_every_option_and_verb(self):
        self.assertEqual(completed("scheckpoint") - {"dir"}, (set(self.options) | self.of_test) - {"dir"})
        found = re.search(r"_scheckpoint_verbs='([^']*)'", read("etc/completion/scheckpoint"))[1].split()
        self.assertEqual(set(found), set(verbs()))

    def test_documents_name_no_verb_that_is_not(self):
        for name in MARKDOWN + ["doc/man/" + n for n in sorted(os.listdir(os.path.join(ROOT, "doc/man")))]:
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
                used.add(defines().get(name, name))
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
    source = "src/cmd/srebalance/options.c"
    page = page("srebalance.1")
    options = getopt_table(source)

    def test_help_has_every_option(self):
        text = help_of(self.source)
        self.assertEqual(long_options(text) - {"parsable2"}, set(self.options))

    def test_the_page_has_every_option(self):
        self.assertEqual(page_options(section(self.page, "OPTIONS")), self.options)

    def test_completion_has_every_option(self):
        self.assertEqual(completed("srebalance") - {"version"}, set(self.options))

    def test_defaults_of_the_page_are_those_of_help(self):
        text = {n: plain(h + b) for h, b in entries(section(self.page, "OPTIONS")).items() for n in long_options(h.replace("*", ""))}
        for name, default in re.findall(r"--([\w-]+)=[A-Z][^-]*?\((\d\w*)\)", help_of(self.source)):
            number = re.match(r"\d+", default)[0]
            self.assertRegex(text[name], rf"\b{number}", f"--{name}")

    def test_policies(self):
        found = {plain(h) for h in entries(section(self.page, "DESCRIPTION"))}
        words = re.search(r"--policy=LIST\s+([a-z,]+)", help_of(self.source))[1]
        self.assertEqual(found, set(words.split(",")))


# ---- requests and variables ----


def signals():
    """Numbers by names, and the first and last of all."""
    source = code("src/base/protocol.h")
    found = {n.lower(): int(v) for n, v in re.findall(r"#define CHECKPOINT_SIGNAL_(\w+)\s+(\d+)", source)}
    return found, found["warn"], found.pop("last")


# Who sends a request, where that is not the verb of its name.
SENDERS = {"move": "smigrate", "warn": "Slurm"}


class Requests(unittest.TestCase):
    def test_architecture_has_every_request(self):
        named, first, last = signals()
        rows = [r for r in table_rows(read("doc/architecture.md")) if re.match(r"\d+(, \d+)*$", r[0])]
        said = {int(n): r[1] for r in rows for n in r[0].split(", ")}
        self.assertEqual(set(said), set(range(first, last + 1)))
        for name, number in named.items():
            self.assertIn(SENDERS.get(name, f"scheckpoint {name}"), said[number])
        for number in set(said) - set(named.values()):
            self.assertIn("later version", said[number])

    def test_the_page_has_every_request_that_somebody_may_send(self):
        named, _, last = signals()
        text = section(page("slurm-checkpoint.7"), "FOR USERS")
        said = {int(n): s for s, n in re.findall(r"\|  \*(\w[\w ]*)\*\n:  (\d+)\n", text)}
        self.assertEqual({n: s.split()[-1] for n, s in said.items()}, {n: SENDERS.get(v, v) for v, n in named.items() if v != "warn"})
        later = set(range(max(named.values()) + 1, last + 1))
        self.assertTrue(later <= {int(n) for n in re.findall(r"\d+", text.split("\n|")[-1])}, later)

    def test_the_recipe_has_every_request(self):
        named, first, _ = signals()
        low, high = re.search(r"(\d+) to (\d+) with `--batch`", read("doc/recipes/slurm-commands.md")).groups()
        self.assertEqual((int(low), int(high)), (first, max(named.values())))

    def test_the_last_request_of_the_first_protocol(self):
        line = re.search(r"absent: 1, up to signal (\d+)", read("doc/store-format.md"))
        last = re.search(r"SIGNAL_LAST_1 CHECKPOINT_SIGNAL_(\w+)", code("src/base/protocol.h"))[1]
        self.assertEqual(int(line[1]), signals()[0][last.lower()])


class Variables(unittest.TestCase):
    def test_documents_name_no_variable_that_is_not(self):
        known = {v for p in sources() for v in re.findall(r'"(S(?:LURM|BATCH)_\w+)"', code(p))}
        pages = ["doc/man/" + n for n in sorted(os.listdir(os.path.join(ROOT, "doc/man")))]
        for name in MARKDOWN + pages:
            for variable in re.findall(r"\bS(?:LURM_CHECKPOINT|BATCH_CHECKPOINT|BATCH_ETERNAL)\w*", read(name)):
                self.assertIn(variable, known, name)


# ---- the store ----


def events():
    return re.findall(r'\[EVENT_\w+\] = "(\w+)"', code("src/store/event.c"))


# Macros whose values are names in a job's folder, and in a generation.
IN_FOLDER = (
    "FOLDER_RECORD FOLDER_RECORD_COPY FOLDER_OPTIONS FOLDER_ENVIRONMENT FOLDER_SCRIPT FOLDER_TMP FOLDER_EVENTS "
    "FOLDER_MARK FOLDER_LOCK FOLDER_MOVE CONTROL_DIR DMTCP_DIR CRIU_LOG_DUMP CRIU_LOG_RESTORE"
).split()
IN_GENERATION = "GENERATION_MANIFEST TMPDIR_ARCHIVE TMPDIR_ARCHIVE_SHM DMTCP_ARCHIVE TASKS_FILE RUN_FROM".split()


ATTRIBUTE = re.compile(
    r"ATTR_|RECORD_|CRIU_ATTR_|DMTCP_ATTR_|OUTPUT_(FILES|TRAITS|STOPPED)$|NODE_(DIRS|FILES)$|OWNERS$|KEPT_RESTART$|GENERATION_CPU$"
)


def attributes():
    """Of a record, a move, or a generation's manifest."""
    found = {value for name, value in defines().items() if ATTRIBUTE.match(name)}
    for path in sources():
        found |= set(re.findall(r'manifest_set\(\s*[^,;]+?,\s*"([a-z-]+)",', code(path)))
    fields = re.findall(r'\[PLACEMENT_\w+\] = "(\w+)"', code("src/plan/placement.c"))
    return found | set(fields) | {"kept-" + f for f in fields}


class Store(unittest.TestCase):
    text = read("doc/store-format.md")
    tree = between(text, "## Folders", "\nDIR is ")

    def tree_names(self, indent):
        return {n.rstrip("/") for l in re.findall(rf"^ {{{indent}}}(\S[^\n]*)", self.tree, re.M) for n in re.split(r"\s{2,}", l)[0].split()}

    def test_the_tree_has_every_file_of_a_folder(self):
        self.assertEqual({defines()[m] for m in IN_FOLDER} - self.tree_names(8), set())

    def test_the_tree_has_every_file_of_a_generation(self):
        self.assertEqual({defines()[m] for m in IN_GENERATION} - self.tree_names(12), set())

    def test_every_name_of_a_folder_is_among_them(self):
        store = {n for n in defines() if n.startswith("FOLDER_")}
        self.assertEqual(store - set(IN_FOLDER), set())

    def test_tables_have_every_attribute_and_no_other(self):
        parts = [between(self.text, a, b) for a, b in (("### The job's record", "## State of threads"),)]
        said = {n for row in table_rows("\n".join(parts)) for n in re.findall(r"`([a-z0-9-]+)`", row[0])}
        self.assertEqual(said, attributes())

    def test_features(self):
        known = {v for n, v in defines().items() if re.fullmatch(r"VERSION_[A-Z]\w+", n)}
        rows = table_rows(between(self.text, "| Feature |", "\n\n"))
        self.assertEqual({r[0].strip("`") for r in rows[2:]}, known)

    def test_events(self):
        rows = table_rows(between(self.text, "| `event` | When", "\n\n"))[2:]
        self.assertEqual({e for r in rows for e in re.findall(r"`(\w+)`", r[0])}, set(events()))

    def test_members_of_an_event(self):
        body = between(code("src/store/event.c"), "*encode(", "\n}\n")
        known = set(re.findall(r'(?:_add|add_text)\(o, "(\w+)"', body))
        rows = table_rows(between(self.text, "| Member |", "\n\n"))[2:]
        self.assertEqual({r[0].strip("`") for r in rows}, known)

    def test_kinds_of_state_of_threads(self):
        known = {n for p in sources() if "/task_" in p for n in re.findall(r'^\t\.name = "(\w+)"', code(p), re.M)}
        rows = table_rows(between(self.text, "| `cpus` `nodes` |", "\n\n"))[1:]
        self.assertEqual({n for r in rows for n in re.findall(r"`(\w+)`", r[0])}, known)

    def test_reasons(self):
        row = next(r for r in table_rows(self.text) if r[0] == "`reason`")
        known = strings(between(code("src/cmd/openmetrics.c"), "reasons[] = {", "};"))
        self.assertEqual(re.findall(r"`([a-z-]+)`", row[1]), [r for r in known if r != "other"])


# ---- the documents themselves ----


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for name in MARKDOWN:
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", read(name)):
                path = os.path.join(ROOT, os.path.dirname(name), target)
                self.assertTrue(os.path.exists(path), f"{name}: {target}")

    def test_anchors_are_headings(self):
        for name in MARKDOWN:
            for target, anchor in re.findall(r"\]\(([^)#:]*)#([^)]*)\)", read(name)):
                other = os.path.normpath(os.path.join(os.path.dirname(name), target)) if target else name
                heads = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", read(other), re.M)}
                self.assertIn(anchor, heads, f"{name}: {other}")

    def test_commands_have_the_options_that_they_are_shown_with(self):
        known = {
            "scheckpoint": set(Scheckpoint.options) | Scheckpoint.of_test,
            "smigrate": set(Smigrate.options),
            "srebalance": set(Srebalance.options) | {"help", "version"},
        }
        pages = ["doc/man/" + n for n in sorted(os.listdir(os.path.join(ROOT, "doc/man")))]
        for name in MARKDOWN + pages:
            # From its mark to where it ends: a mark, the line, another command, its own "--".
            for command, rest in re.findall(r"(?:[`*#$(] ?|^ +)(scheckpoint|smigrate|srebalance)( [^`*|;)$\n']*)", read(name), re.M):
                options = long_options(re.split(r"--then=| -- |\(|, ", rest)[0])
                self.assertEqual(options - known[command], set(), f"{name}: {command}{rest}")

    def test_options_of_sbatch_exist(self):
        pages = ["doc/man/" + n for n in sorted(os.listdir(os.path.join(ROOT, "doc/man")))]
        known = set(plugin_options()) | {"checkpoint-dir"}
        for name in MARKDOWN + pages:
            found = {o for o in long_options(read(name).replace("*", "")) if o.startswith(("checkpoint", "no-checkpoint", "eternal"))}
            self.assertEqual(found - known, set(), name)

    def test_files_of_the_code_that_are_named_exist(self):
        known = set(sources())
        for name in MARKDOWN:
            for path in re.findall(r"`(?:src/)?((?:[\w-]+/)*[\w-]+\.[ch])`", read(name)):
                there = any(("/" + p).endswith("/" + path) for p in known) or os.path.exists(os.path.join(ROOT, path))
                tests = any(os.path.exists(os.path.join(ROOT, d, path)) for d in ("test", "test/unit", "test/cluster"))
                self.assertTrue(there or tests or "NAME" in path, f"{name}: {path}")

    def test_architecture_has_every_folder(self):
        rows = table_rows(between(read("doc/architecture.md"), "| Folder |", "\n\n"))[2:]
        self.assertEqual({r[0].strip("`/") for r in rows}, {p.split("/")[1] for p in sources() if p.count("/") > 1})

    def test_folders_use_only_those_that_architecture_says(self):
        text = between(read("doc/architecture.md"), "    cmd ", "\n\n")
        column = re.findall(r"^    ([a-z]+)", text, re.M)
        allowed = {f: set(column[i + 1 :]) for i, f in enumerate(column)}
        allowed["cmd"] |= {"sim", "lib"}
        allowed["sim"] = {"plan", "base"}
        for folder in ("spank", "step", "lib"):
            allowed[folder] = {"base"}
        for path in sources():
            folder = path.split("/")[1]
            used = set(re.findall(r'#include "([a-z]+)/', read(path))) - {folder}
            self.assertLessEqual(used, allowed.get(folder, set()), path)

    def test_every_page_is_built_and_listed(self):
        pages = {n.removesuffix(".scd") for n in os.listdir(os.path.join(ROOT, "doc/man"))}
        self.assertEqual(set(re.findall(r"'([\w.-]+\.[1-8])'", read("doc/meson.build"))), pages)
        for name in pages:
            title, number = name.rsplit(".", 1)
            self.assertIn(f"{title}({number})", read("README.md"))

    def test_readme_lists_every_document(self):
        listed = set(re.findall(r"\]\(([^)#]+)\)", read("README.md")))
        for name in MARKDOWN:
            if name != "README.md" and not name.startswith("doc/recipes/") and not name.startswith("doc/examples"):
                self.assertIn(name, listed)


if __name__ == "__main__":
    unittest.main()
