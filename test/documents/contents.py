#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
doc/ says what the code says: requests, folders, names in the store; and what it names is
there. Reads the sources, runs nothing of them.

    test/documents/contents.py [-v] [CLASS.TEST...]
"""
import os
import re
import sys
import unittest

sys.dont_write_bytecode = True  # the sources may be another's, or read-only
from tables import *

# ---- requests ----


# Who sends a request, where that is not the verb of its name.
SENDERS = {"move": "smigrate", "warn": "Slurm"}


class Requests(unittest.TestCase):
    def test_architecture_has_every_request(self):
        named = signals()
        first, last = named["warn"], named.pop("last")
        rows = [
            r for r in table_rows(read("doc/architecture.md")) if re.match(r"\d+(, \d+)*$", r[0])
        ]
        said = {int(n): r[1] for r in rows for n in r[0].split(", ")}
        self.assertEqual(set(said), set(range(first, last + 1)))
        for name, number in named.items():
            self.assertIn(SENDERS.get(name, f"scheckpoint {name}"), said[number])
        for number in set(said) - set(named.values()):
            self.assertIn("later version", said[number])

    def test_the_page_has_every_request_that_somebody_may_send(self):
        named = signals()
        last = named.pop("last")
        text = section(page("slurm-checkpoint.7"), "FOR USERS")
        said = {int(n): s for s, n in re.findall(r"\|  \*(\w[\w ]*)\*\n:  (\d+)\n", text)}
        self.assertEqual(
            {n: s.split()[-1] for n, s in said.items()},
            {n: SENDERS.get(v, v) for v, n in named.items() if v != "warn"},
        )
        later = set(range(max(named.values()) + 1, last + 1))
        self.assertTrue(later <= {int(n) for n in re.findall(r"\d+", text.split("\n|")[-1])}, later)

    def test_the_recipe_has_every_request(self):
        named = signals()
        del named["last"]
        low, high = re.search(
            r"(\d+) to (\d+) with `--batch`", read("doc/recipes/slurm-commands.md")
        ).groups()
        self.assertEqual((int(low), int(high)), (named["warn"], max(named.values())))

    def test_the_last_request_of_the_first_protocol(self):
        line = re.search(r"absent: 1, up to signal (\d+)", read("doc/store-format.md"))
        last = re.search(r"SIGNAL_LAST_1 CHECKPOINT_SIGNAL_(\w+)", code("src/base/protocol.h"))[1]
        self.assertEqual(int(line[1]), signals()[last.lower()])


# ---- the store ----


# Macros whose values are names in a job's folder, and in a generation.
IN_FOLDER = (
    "FOLDER_RECORD FOLDER_RECORD_COPY FOLDER_OPTIONS FOLDER_ENVIRONMENT FOLDER_SCRIPT FOLDER_TMP FOLDER_EVENTS "
    "FOLDER_MARK FOLDER_LOCK FOLDER_MOVE CONTROL_DIR DMTCP_DIR CRIU_LOG_DUMP CRIU_LOG_RESTORE"
).split()
IN_GENERATION = "GENERATION_MANIFEST TMPDIR_ARCHIVE TMPDIR_ARCHIVE_SHM DMTCP_ARCHIVE TASKS_FILE RUN_FROM".split()


class Store(unittest.TestCase):
    text = read("doc/store-format.md")
    tree = between(text, "## Folders", "\nDIR is ")

    def tree_names(self, indent):
        return {
            n.rstrip("/")
            for l in re.findall(rf"^ {{{indent}}}(\S[^\n]*)", self.tree, re.M)
            for n in re.split(r"\s{2,}", l)[0].split()
        }

    def test_the_tree_has_every_file_of_a_folder(self):
        self.assertEqual({define(m) for m in IN_FOLDER} - self.tree_names(8), set())

    def test_the_tree_has_every_file_of_a_generation(self):
        self.assertEqual({define(m) for m in IN_GENERATION} - self.tree_names(12), set())

    def test_every_name_of_a_folder_is_among_them(self):
        store = {name for name, _ in defines() if name.startswith("FOLDER_")}
        self.assertEqual(store - set(IN_FOLDER), set())

    def test_tables_have_every_attribute_and_no_other(self):
        rows = table_rows(between(self.text, "### The job's record", "## State of threads"))
        said = {name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row[0])}
        self.assertEqual(said, attributes())

    def test_features(self):
        known = {value for name, value in defines() if re.fullmatch(r"VERSION_[A-Z]\w+", name)}
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
        known = {
            n
            for p in sources()
            if "/task_" in p
            for n in re.findall(r'^\t\.name = "(\w+)"', code(p), re.M)
        }
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
                path = os.path.join(os.path.dirname(name), target) if target else name
                other = os.path.normpath(path)
                heads = {
                    re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-")
                    for h in re.findall(r"^#+ (.*)$", read(other), re.M)
                }
                self.assertIn(anchor, heads, f"{name}: {other}")

    def test_files_of_the_code_that_are_named_exist(self):
        known = set(sources())
        for name in MARKDOWN:
            for path in re.findall(r"`(?:src/)?((?:[\w-]+/)*[\w-]+\.[ch])`", read(name)):
                there = any(("/" + p).endswith("/" + path) for p in known) or any(
                    os.path.exists(os.path.join(ROOT, folder, path))
                    for folder in (".", "test", "test/unit", "test/cluster")
                )
                self.assertTrue(there or "NAME" in path, f"{name}: {path}")

    def test_architecture_has_every_folder(self):
        rows = table_rows(between(read("doc/architecture.md"), "| Folder |", "\n\n"))[2:]
        self.assertEqual(
            {r[0].strip("`/") for r in rows},
            {p.split("/")[1] for p in sources() if p.count("/") > 1},
        )

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
            if (
                name != "README.md"
                and not name.startswith("doc/recipes/")
                and not name.startswith("doc/examples")
            ):
                self.assertIn(name, listed)


if __name__ == "__main__":
    unittest.main()
