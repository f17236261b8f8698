#!/usr/bin/env python3
"""The tidy check itself: planted slips are caught, clean files are not."""
import pathlib
import subprocess
import tempfile
import unittest

import tidy

GUARD = "#ifndef KENAL_SRC_{0}_H_\n#define KENAL_SRC_{0}_H_\n{1}\n#endif\n"


class TidyTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name).resolve()
        subprocess.run(["git", "init", "-q", str(self.root)], check=True)

    def slips_of(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return list(tidy.slips(self.root))

    def assert_caught(self, name, text, word):
        found = self.slips_of(name, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(word, found[0])

    def test_clean_files_pass(self):
        self.assertEqual(
            self.slips_of("src/index/a.h",
                          GUARD.format("INDEX_A", '#include "src/base/b.h"')),
            [])

    def test_rooms_keep_their_direction(self):
        self.assert_caught("src/index/a.cc",
                           '#include "src/catalogue/catalogue.h"\n',
                           "room index may not include room catalogue")

    def test_lower_rooms_know_nothing_of_higher_ones(self):
        self.assert_caught("src/base/a.cc", '#include "src/signal/pdq.h"\n',
                           "may not include room signal")

    def test_third_party_headers_stay_in_their_rooms(self):
        self.assert_caught("src/engine/a.cc", "#include <rocksdb/db.h>\n",
                           "does not belong in engine")

    def test_public_headers_show_no_library(self):
        self.assert_caught(
            "include/kenal/a.h",
            "#ifndef KENAL_A_H_\n#define KENAL_A_H_\n"
            "#include <faiss/Index.h>\n#endif\n", "does not belong")

    def test_guards_follow_the_path(self):
        self.assert_caught("src/base/a.h", "#pragma once\n", "KENAL_SRC_BASE_A_H_")

    def test_long_lines(self):
        self.assert_caught("src/base/a.cc", "int " + "a" * 90 + ";\n", "95")

    def test_long_functions(self):
        body = "  Call();\n" * 69
        self.assert_caught("src/base/a.cc", f"void F() {{\n{body}}}\n",
                           "a function of 71 lines")

    def test_functions_of_the_allowed_length(self):
        body = "  Call();\n" * 68
        self.assertEqual(
            self.slips_of("src/base/a.cc", f"void F() {{\n{body}}}\n"), [])

    def test_long_files(self):
        self.assert_caught("src/base/a.cc", "int a;\n" * 601, "601 lines")

    def test_banned_calls(self):
        self.assert_caught("src/base/a.cc", "int a = system(b);\n", "banned")

    def test_words_in_strings_are_not_calls(self):
        self.assertEqual(
            self.slips_of("src/base/a.cc", 'auto a = "system(b)";\n'), [])

    def test_things_left_undone(self):
        self.assert_caught("tools/a.sh", "# " + "TO" + "DO later\n", "undone")

    def test_paths_of_one_machine(self):
        self.assert_caught("docs/a.md", "see /ho" + "me/me/x\n", "one machine")


if __name__ == "__main__":
    unittest.main()
