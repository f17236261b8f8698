"""Lists that are made to exhaust whoever reads them: `kenal convert` refuses
each in little memory, names the file and where in it, and writes nothing."""

import os
import re
import socket
import subprocess
import threading
import unittest

import harness

GIGABYTE = 1_000_000_000
LEVELS = 100_000
# Beyond what a small list of the same format takes.
GROWTH_KIB_MAX = 64 * 1024
MD5 = "00112233445566778899aabbccddeeff"
VICS = ('{"odata.metadata":"http://github.com/ICMEC/ProjectVic/DataModels/'
        '1.3.xml#Media","value":[')
NCMEC = '<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">'
ENTRY = NCMEC + "<images><image><id>a</id><fingerprints>"

# A small list of each format, for what is usual.
SMALL = {
    "vics": VICS + '{"MD5":"' + MD5 + '"}]}',
    "threatexchange": '{"type":"HASH_MD5","indicator":"' + MD5 + '"}',
    "stopncii": '{"hashRecords":[{"signalType":"VideoMD5","hashValue":"' +
                MD5 + '","hashStatus":"Active"}]}',
    "ncmec": ENTRY + "<md5>" + MD5 + "</md5></fingerprints></image></images>"
             "</queryResult>",
    "md5sum": MD5 + "  a\n",
    "pytx": "md5 " + MD5 + "\n",
    "hashdeep": "%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n1," + MD5 + ",a\n",
    "csv": "md5,series\n" + MD5 + ",a\n",
    "kenal": '{"kenal_list":1}\n',
}


class Feeder:
    """A pipe with a name, which gives `head`, then `part` again and again for
    `size` bytes, then `tail`; or less, when nobody reads on."""

    def __init__(self, path, head, part, size, tail):
        self.path = path
        self.head, self.tail = head.encode(), tail.encode()
        self.block = part.encode() * max(1, (1 << 20) // len(part))
        self.size = size
        os.mkfifo(path)
        self.thread = threading.Thread(target=self.feed)
        self.thread.start()

    def feed(self):
        try:
            with open(self.path, "wb", buffering=0) as out:
                self.put(out, self.head)
                left = self.size
                while left > 0:
                    self.put(out, self.block[:left])
                    left -= len(self.block)
                self.put(out, self.tail)
        except BrokenPipeError:
            pass

    @staticmethod
    def put(out, data):
        view = memoryview(data)
        while view:
            view = view[out.write(view):]

    def end(self):
        # For a reader that never came.
        try:
            os.close(os.open(self.path, os.O_RDONLY | os.O_NONBLOCK))
        except OSError:
            pass
        self.thread.join()
        os.unlink(self.path)


class HostileLists(harness.TestCase):

    def convert(self, name, source, **options):
        """(exit code, messages, peak memory in KiB)"""
        with open(self.path("messages"), "w+b") as messages:
            process = harness.start(
                "convert", "--overwrite", "--from", name, "--to", "kenal",
                source, self.path("out"), stdout=subprocess.DEVNULL,
                stderr=messages, **options)
            alarm = threading.Timer(harness.TIMEOUT_S, process.kill)
            alarm.start()
            _, status, usage = os.wait4(process.pid, 0)
            alarm.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            messages.seek(0)
            return (process.returncode, messages.read().decode(),
                    usage.ru_maxrss)

    def usual_kib(self, name):
        code, messages, peak = self.convert(
            name, self.write("small", SMALL[name]))
        self.assertEqual(code, 0, messages)
        os.unlink(self.path("out"))
        return peak

    def fed(self, name, head, part, size, tail=""):
        usual = self.usual_kib(name)
        feeder = Feeder(self.path("list"), head, part, size, tail)
        try:
            code, messages, peak = self.convert(name, feeder.path)
        finally:
            feeder.end()
        self.assertLessEqual(peak, usual + GROWTH_KIB_MAX)
        return code, messages, feeder.path

    def refuses(self, name, head, part, size, tail=""):
        with self.subTest(format=name, head=head[-40:], part=part[:20],
                          size=size):
            code, messages, path = self.fed(name, head, part, size, tail)
            self.assertEqual(code, 3, messages)
            self.assertRegex(messages, re.escape(path) + r", (byte|line) \d+")
            self.assertEqual(len(messages.splitlines()), 1, messages)
            self.assertFalse(os.path.exists(self.path("out")))

    def test_json_that_is_nested_a_hundred_thousand_levels_deep(self):
        for name, heads in (("vics", ("", '{"a":', VICS, VICS + '{"MD5":')),
                            ("threatexchange", ("", '{"data":[')),
                            ("stopncii", ('{"hashRecords":[{"a":',))):
            for head in heads:
                for part, end in (("[", "]"), ('{"a":', "}")):
                    self.refuses(name, head, part, LEVELS * len(part),
                                 "0" + end * LEVELS)

    def test_json_with_a_text_of_a_gigabyte(self):
        for name, head in (("vics", '{"a":"'), ("vics", VICS + '{"MD5":"'),
                           ("vics", VICS + '{"'),
                           ("threatexchange", '{"data":[{"id":"'),
                           ("stopncii", '{"nextPageToken":"')):
            self.refuses(name, head, "a", GIGABYTE, '"}]}')

    def test_json_with_a_gigabyte_of_blanks(self):
        for name, head in (("vics", VICS), ("threatexchange", '{"data":['),
                           ("stopncii", "{")):
            for blank in (" ", "\n"):
                self.refuses(name, head, blank, GIGABYTE, "]}")

    def test_xml_that_is_nested_deeply_or_long(self):
        self.refuses("ncmec", "", "<a>", LEVELS * 3, "</a>" * LEVELS)
        self.refuses("ncmec", NCMEC, "<a>", LEVELS * 3, "</a>" * LEVELS)
        self.refuses("ncmec", ENTRY, "<a>", LEVELS * 3, "</a>" * LEVELS)
        for head in (NCMEC, ENTRY, ENTRY + "<md5>", NCMEC + '<images count="',
                     NCMEC + "<!-- "):
            for part in (" ", "a"):
                self.refuses("ncmec", head, part, GIGABYTE)

    def test_xml_entities_fetch_nothing(self):
        canary = self.write("canary", "CANARY")
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        rest = NCMEC + "<images><image><id>&x;</id></image></images>"
        for target in ("file://" + canary, url):
            for prolog in (f'<!DOCTYPE a [<!ENTITY x SYSTEM "{target}">]>',
                           f'<!DOCTYPE a SYSTEM "{target}">',
                           f'<!DOCTYPE a [<!ENTITY % x SYSTEM "{target}"> %x;]>'
                           ):
                with self.subTest(prolog=prolog):
                    source = self.write("list.xml", prolog + rest)
                    code, messages, _ = self.convert("ncmec", source)
                    self.assertEqual(code, 3, messages)
                    self.assertRegex(messages,
                                     re.escape(source) + r", line \d+")
                    self.assertNotIn("CANARY", messages)
                    self.assertFalse(os.path.exists(self.path("out")))
        with self.assertRaises(BlockingIOError):
            listener.accept()

    def test_xml_entities_that_grow(self):
        entities = '<!ENTITY a0 "ha">' + "".join(
            f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">' for i in range(1, 12))
        self.refuses("ncmec", f"<!DOCTYPE a [{entities}]>{NCMEC}&a11;", " ", 1)

    def test_a_line_of_a_gigabyte_is_one_bad_record(self):
        for name in ("md5sum", "pytx", "hashdeep", "csv", "kenal"):
            with self.subTest(format=name):
                code, messages, path = self.fed(name, SMALL[name], "a",
                                                GIGABYTE, "\n")
                self.assertEqual(code, 1, messages)
                self.assertRegex(messages, re.escape(path) +
                                 r": record \d+ \(line \d+, byte \d+\)")

    def test_standard_input_is_named_too(self):
        reading, writing = os.pipe()
        with os.fdopen(reading, "rb") as source:
            os.write(writing, b"[" * 1000)
            os.close(writing)
            code, messages, _ = self.convert("vics", "-", stdin=source)
        self.assertEqual(code, 3)
        self.assertRegex(messages, r"standard input, byte \d+")

    def test_databases_that_are_mostly_holes(self):
        usual = self.usual_kib("md5sum")
        source = self.path("list.kdb")
        for name in ("kdb", "nsrl-sqlite"):
            for magic in (b"SQLite format 3\0", b""):
                with open(source, "wb") as file:
                    file.write(magic)
                    file.truncate(GIGABYTE)
                code, messages, peak = self.convert(name, source)
                self.assertEqual(code, 3, messages)
                self.assertRegex(messages,
                                 re.escape(source) + r", (byte \d|header)")
                self.assertLessEqual(peak, usual + GROWTH_KIB_MAX)


if __name__ == "__main__":
    unittest.main()
