"""`kenal scan verify`: whole, open, damaged, and signed by whom."""

import os
import subprocess
import unittest

import harness
from scan_evidence import KNOWN, ScanCase


class ScanVerify(ScanCase):

    def setUp(self):
        super().setUp()
        self.store()
        self.put("laptop/a.png", KNOWN[0])
        self.scan(os.path.join(self.evidence, "laptop"))
        self.log = os.path.join(self.out, "custody.jsonl")

    def verify(self, *arguments):
        result = harness.run("--json", "scan", "verify", self.out, *arguments)
        return result, result.lines()[0] if result.out else None

    def public_key(self, name):
        """By openssl, from the private key that the scan made."""
        public = self.path(name + ".pub")
        subprocess.run(["openssl", "pkey", "-in", self.path(name + ".pem"),
                        "-pubout", "-out", public], check=True)
        return public

    def test_names_the_key_that_signed(self):
        public = self.public_key("key")
        whole, told = self.verify("--key", public)
        self.assertEqual((whole.code, told["state"], told["signature"]),
                         (0, "whole", "holds"), whole)
        der = subprocess.run(["openssl", "pkey", "-pubin", "-in", public,
                              "-outform", "DER"], check=True,
                             capture_output=True).stdout
        self.assertEqual(told["public_key"], der[-32:].hex())
        self.assertEqual(self.verify("--key", told["public_key"])[0].code, 0)

    def test_finds_that_another_key_signed(self):
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out",
                        self.path("other.pem")], check=True)
        other, told = self.verify("--key", self.public_key("other"))
        self.assertEqual((other.code, told["state"], told["signature"]),
                         (3, "damaged", "other key"), other)

    def test_refuses_what_is_no_key(self):
        for key in ("nothing", "00" * 31, self.log):
            self.assertEqual(self.verify("--key", key)[0].code, 2, key)

    def test_calls_a_log_whose_end_is_cut_off_open(self):
        with open(self.log, "rb") as file:
            lines = file.readlines()
        for kept in (lines[:-1], lines[:1], [*lines[:-1], lines[-1][:-1]]):
            with open(self.log, "wb") as file:
                file.writelines(kept)
            cut, told = self.verify()
            self.assertEqual((cut.code, told["state"]), (1, "open"), cut)

    def test_says_which_record_was_altered_and_which_report(self):
        report = os.path.join(self.out, "reports", "report.csv")
        with open(report, "ab") as file:
            file.write(b"\n")
        changed, told = self.verify()
        self.assertEqual((changed.code, told["state"]), (3, "damaged"))
        self.assertIn({"name": "report.csv", "state": "differs"},
                      told["reports"])
        self.assertIn("report.csv", changed.messages())
        with open(self.log, "rb") as file:
            text = file.read()
        self.assertIn(b"Court", text.splitlines()[0])
        with open(self.log, "wb") as file:
            file.write(text.replace(b"Court", b"Count"))
        altered, told = self.verify()
        self.assertEqual((altered.code, told["bad_record"]), (3, 2), altered)

    def test_names_a_folder_without_a_log(self):
        self.assertEqual(
            harness.run("scan", "verify", self.path("none")).code, 2)


if __name__ == "__main__":
    unittest.main()
