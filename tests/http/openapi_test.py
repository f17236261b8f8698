"""docs/openapi.json is what the contract makes, and holds together; the
examples of docs/http.md are answered."""
import json
import os
import re
import shlex
import unittest

import harness


class Document(unittest.TestCase):
    def setUp(self):
        self.text = (harness.ROOT / "docs/openapi.json").read_text()
        self.document = json.loads(self.text)

    def test_it_is_what_the_contract_makes(self):
        with open(os.environ["KENAL_HTTP_OPENAPI"], encoding="utf-8") as file:
            self.assertEqual(
                self.text, file.read(),
                "the contract has changed: copy src/http/openapi/openapi.json "
                "of the build folder to docs/openapi.json")

    def test_every_reference_leads_somewhere(self):
        def walk(value):
            if isinstance(value, dict):
                if "$ref" in value:
                    at = self.document
                    for name in value["$ref"].removeprefix("#/").split("/"):
                        self.assertIn(name, at, value)
                        at = at[name]
                for one in value.values():
                    walk(one)
            elif isinstance(value, list):
                for one in value:
                    walk(one)
        walk(self.document)

    def test_every_unary_method_of_the_contract_is_in_it(self):
        methods = set()
        for file in (harness.ROOT / "proto/kenal/v1").glob("*.proto"):
            for name, request, response in re.findall(
                    r"rpc (\w+)\(([^)]*)\)\s*returns \(([^)]*)\)",
                    file.read_text()):
                if "stream" not in request + response:
                    methods.add(name)
        found = {verbs["post"]["operationId"]
                 for path, verbs in self.document["paths"].items()
                 if path.startswith("/v1/")}
        self.assertEqual(methods, found)
        self.assertGreater(len(methods), 10)

    def test_operations_are_named_once_and_say_what_they_do(self):
        names = [operation["operationId"]
                 for verbs in self.document["paths"].values()
                 for operation in verbs.values()]
        self.assertEqual(len(names), len(set(names)))
        for verbs in self.document["paths"].values():
            for operation in verbs.values():
                self.assertTrue(operation["summary"])


class Examples(harness.TestCase):
    def test_every_example_of_the_documentation_is_answered(self):
        """Runs the requests of the curl lines against the fake, by their
        bodies and paths."""
        self.serve()
        text = (harness.ROOT / "docs/http.md").read_text()
        blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
        lines = [line for block in blocks
                 for line in block.replace("\\\n", " ").splitlines()
                 if line.startswith(("k ", "curl "))]
        self.assertGreater(len(lines), 8)
        for line in lines:
            with self.subTest(line):
                self.answered(shlex.split(line.split(" | ")[0]))

    def answered(self, words):
        path = next(word for word in words if "$KENAL/" in word)
        path = "/" + path.split("$KENAL/", 1)[1]
        headers = {words[i + 1].split(": ")[0]: words[i + 1].split(": ")[1]
                   for i, word in enumerate(words) if word == "-H"}
        body, verb = None, "GET"
        for option in ("--json", "--data-binary", "-F"):
            if option in words:
                verb = "POST"
                body = words[words.index(option) + 1]
                if option == "--json":
                    json.loads(body)
                    headers["Content-Type"] = "application/json"
                elif option == "-F":
                    self.assertTrue(body.startswith("photo=@"))
                    headers["Content-Type"] = \
                        "multipart/form-data; boundary=b"
                    body = ('--b\r\nContent-Disposition: form-data; '
                            'name="photo"\r\n\r\nx\r\n--b--\r\n')
                else:
                    self.assertTrue(body.startswith("@"))
                    headers.setdefault("Content-Type",
                                       "application/x-www-form-urlencoded")
                    body = "picture"
        answer = self.ask(verb, path, body, **{
            name.replace("-", "_"): value for name, value in headers.items()})
        # The fake knows no list of any name.
        self.assertIn(answer.status, (200, 404), answer)
        if answer.status == 404:
            self.assertIn("is not there", answer.json()["error"]["message"])


if __name__ == "__main__":
    unittest.main()
