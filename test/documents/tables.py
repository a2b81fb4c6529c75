# SPDX-License-Identifier: GPL-2.0-or-later
"""
Reads the tables of the sources, and the documents: what documents.py compares.
"""
import functools
import math
import os
import re
import typing

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

MARKDOWN = ["README.md", "testbed/README.md"] + [
    os.path.relpath(os.path.join(path, name), ROOT)
    for path, _, names in os.walk(os.path.join(ROOT, "doc"))
    for name in sorted(names)
    if name.endswith(".md")
]

PAGES = ["doc/man/" + name for name in sorted(os.listdir(os.path.join(ROOT, "doc/man")))]

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
    return re.sub(
        r'/\*.*?\*/|//[^\n]*|("(?:[^"\\]|\\.)*")', lambda m: m[1] or " ", read(path), flags=re.S
    )


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
    """Macros that are one string, as pairs of name and value; files may share a name."""
    macro = r'^#define (\w+)[ \t]+(?:\\\n[ \t]*)?"([^"\n]*)"[ \t]*$'
    return [pair for path in sources() for pair in re.findall(macro, code(path), re.M)]


def define(name):
    return dict(defines())[name]


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
    return [
        [c.strip() for c in line.strip("|").split("|")]
        for line in text.split("\n")
        if line.startswith("|")
    ]


def getopt_table(path, start="static const struct option options[]"):
    """The options of a program: their letters, or None, by their names."""
    rows = re.findall(
        r'\{ "([\w-]+)", (\w+), NULL, (\'\w\'|\w+) \}', between(code(path), start, "};")
    )
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


def entry_of_each_option(text):
    """The heading and text of each option in a section OPTIONS, by its name."""
    return {
        name: (heading, body)
        for heading, body in entries(text).items()
        for name in long_options(heading.replace("*", ""))
    }


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


# ---- tables of the code ----


class Option(typing.NamedTuple):
    argument: str
    variable: typing.Optional[str]


def plugin_options():
    table = between(code("src/spank/options.c"), "option_table[OPTION_COUNT]", "\n};")
    found = {}
    for row in re.split(r"\n\t\[OPTION_\w+\] = ", table)[1:]:
        name, argument = re.match(rf"\{{ {STRING},\s+(NULL|{STRING}),", row).group(1, 2)
        variable = re.search(r'"(SBATCH_\w+)"', row)
        found[name] = Option(argument.strip('"'), variable[1] if variable else None)
    return found


class Keyword(typing.NamedTuple):
    setter: str
    member: str
    least: str
    most: str
    words: typing.Optional[list]


def keywords():
    found = {}
    rows = re.findall(
        rf"\{{ {STRING}, (\w+), MEMBER\((\w+)\), (\w+), (\w+),\s+(NULL|{STRING}|\w+) \}}",
        between(code("src/base/conf.c"), "keywords[] = {", "\n};"),
    )
    baselines = re.search(rf"#define CPU_BASELINES {STRING}", code("src/base/cpu.h"))[1]
    for name, setter, member, least, most, words, _ in rows:
        words = baselines if words == "CPU_BASELINES" else words.strip('"')
        words = None if words == "NULL" else words.split("|")
        found[name] = Keyword(setter, member, number(least), number(most), words)
    return found


def number(word):
    """A bound in the table of keywords: a number, or the name of a product of some."""
    if word.isdigit():
        return int(word)
    source = code("src/base/conf.c") + code("src/base/conf.h")
    factors = re.search(rf"\b{word}(?: =|\s)\s*([\d *]+)", source)[1]
    return math.prod(int(f) for f in factors.split("*"))


def conf_defaults():
    """By keyword: what conf_init() sets, as it is written in the file."""
    init = dict(
        re.findall(
            r"\.(\w+) = (\w+)", between(code("src/base/conf.c"), "*conf = (struct conf){", "};")
        )
    )
    found = {}
    for name, keyword in keywords().items():
        value = init.get(keyword.member)
        if keyword.words and value in (None, "true"):
            found[name] = keyword.words[1 if value else 0]
        elif keyword.words:
            found[name] = next(w for w in keyword.words if value.lower().endswith(w))
        elif value:
            found[name] = value
        elif keyword.setter in ("set_size", "set_interval"):
            found[name] = "0"
    found["CheckpointDir"] = re.search(rf"#define DEFAULT_DIR {STRING}", code("src/base/conf.c"))[1]
    return found


def verbs():
    """Of scheckpoint: the letters of their options, by their names."""
    table = between(code("src/cmd/scheckpoint.c"), "struct verb verbs[]", "};")
    return dict(re.findall(r'\{ "(\w+)",\s+"[^"]*",\s+(?:"[^"]*"\s*)+,\s+("\w*"|NULL),', table))


def signals():
    """Numbers by names; "last" is the last that a later version may have."""
    rows = re.findall(r"#define CHECKPOINT_SIGNAL_(\w+)\s+(\d+)", code("src/base/protocol.h"))
    return {name.lower(): int(value) for name, value in rows}


def events():
    return re.findall(r'\[EVENT_\w+\] = "(\w+)"', code("src/store/event.c"))


ATTRIBUTE = re.compile(
    r"(ATTR|RECORD|CRIU_ATTR|DMTCP_ATTR)_"
    r"|(OUTPUT_FILES|OUTPUT_TRAITS|OUTPUT_STOPPED|NODE_DIRS|NODE_FILES|OWNERS|KEPT_RESTART|GENERATION_CPU)$"
)


def attributes():
    """Of a record, a move, or a generation's manifest."""
    found = {value for name, value in defines() if ATTRIBUTE.match(name)}
    for path in sources():
        found |= set(re.findall(r'manifest_set\(\s*[^,;]+?,\s*"([a-z-]+)",', code(path)))
    fields = re.findall(r'\[PLACEMENT_\w+\] = "(\w+)"', code("src/plan/placement.c"))
    return found | set(fields) | {"kept-" + f for f in fields}
