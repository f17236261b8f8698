"""Scans of disk images, and of what pictures carry."""

import hashlib
import json
import os
import signal
import struct
import subprocess
import unittest

import harness
from scan_evidence import KNOWN, UNKNOWN, ScanCase, digests, facts

PICTURES = os.path.join(harness.VECTORS, "upstream", "reg-test-input",
                        "labelme-subset")
CARRIER, SMALL = (os.path.join(PICTURES, name)
                  for name in ("q0003.jpg", "q0122.jpg"))
MEBIBYTE = 1 << 20


def read(path):
    with open(path, "rb") as file:
        return file.read()


def run(*command, **options):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, **options)


def with_exif(jpeg, thumbnail=b"", serial=b""):
    """`jpeg` with Exif of our own: a directory with the serial number of a
    camera, then one with a thumbnail."""
    def entry(tag, kind, count, value):
        return struct.pack("<HHI", tag, kind, count) + value
    exif_at = 8 + 2 + 12 + 4
    serial_at = exif_at + 2 + 12 + 4
    second_at = serial_at + len(serial) + 1
    thumbnail_at = second_at + 2 + 24 + 4
    tiff = b"II*\0" + struct.pack("<I", 8)
    tiff += struct.pack("<H", 1)
    tiff += entry(0x8769, 4, 1, struct.pack("<I", exif_at))
    tiff += struct.pack("<I", second_at if thumbnail else 0)
    tiff += struct.pack("<H", 1)
    tiff += entry(0xA431, 2, len(serial) + 1, struct.pack("<I", serial_at))
    tiff += struct.pack("<I", 0) + serial + b"\0"
    tiff += struct.pack("<H", 2)
    tiff += entry(0x201, 4, 1, struct.pack("<I", thumbnail_at))
    tiff += entry(0x202, 4, 1, struct.pack("<I", len(thumbnail)))
    tiff += struct.pack("<I", 0) + thumbnail
    body = b"Exif\0\0" + tiff
    return (jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body +
            jpeg[2:])


class Images(ScanCase):

    def fat(self):
        """A FAT image with two pictures, one of them deleted."""
        image = self.path("evidence", "fat.img")
        with open(image, "wb") as file:
            file.truncate(16 * MEBIBYTE)
        run("mkfs.fat", image)
        run("mmd", "-i", image, "::DCIM")
        for name, content in (("KEPT.PNG", KNOWN[0]), ("GONE.PNG", KNOWN[1])):
            run("mcopy", "-i", image, self.write("in/" + name, content),
                "::DCIM/" + name)
        run("mdel", "-i", image, "::DCIM/GONE.PNG")
        return image

    def ext4(self):
        self.write("tree/people/a/known.png", KNOWN[0])
        self.write("tree/people/a/other.png", UNKNOWN[0])
        image = self.path("evidence", "ext4.img")
        run("mke2fs", "-q", "-t", "ext4", "-d", self.path("tree"), image,
            "16M")
        return image

    def exhibits(self, out=None):
        return {line["exhibit"]: line for line in self.report(out)
                if line["type"] == "exhibit"}

    def test_files_and_deleted_entries_of_images_are_found(self):
        self.store()
        fat, ext4 = self.fat(), self.ext4()
        before, content = facts(self.evidence), digests(self.evidence)
        self.scan("fat=" + fat, "ext=" + ext4)
        self.assertEqual(facts(self.evidence), before)
        self.assertEqual(digests(self.evidence), content)
        hits = {key: line for key, line in self.places().items()
                if line.get("verdict") == "EXACT"}
        by_name = {(exhibit, os.path.basename(path).upper()[-8:]):
                   line.get("deleted", False) for (exhibit, path), line in hits.items()}
        self.assertEqual(by_name["fat", "KEPT.PNG"], False)
        self.assertTrue(any(line.get("deleted", False) for (exhibit, _), line
                            in hits.items() if exhibit == "fat"))
        self.assertEqual(by_name["ext", "NOWN.PNG"], False)
        self.assertEqual(self.places()["ext", "vol-0/people/a/other.png"]
                         ["verdict"], "NO_KNOWN_MATCH")
        for name, path in (("fat", fat), ("ext", ext4)):
            computed = self.exhibits()[name]["computed"]
            self.assertEqual(computed["sha256"],
                             hashlib.sha256(read(path)).hexdigest())

    def test_split_images_and_e01_say_what_the_whole_says(self):
        self.store()
        whole = self.fat()
        image = read(whole)
        for i in range(4):
            part = len(image) // 4
            self.put(f"split.{i + 1:03}", image[i * part:(i + 1) * part])
        with open(whole, "rb") as file:
            run("ewfacquirestream", "-q", "-t",
                self.path("evidence", "acquired"), stdin=file)
        self.scan("a=" + whole, "b=" + self.path("evidence", "split.001"),
                  "c=" + self.path("evidence", "acquired.E01"))
        found = {name: {} for name in "abc"}
        for (exhibit, path), line in self.places().items():
            found[exhibit][path, line.get("address", 0)] = (
                line.get("deleted", False), line.get("sha256"), line["verdict"])
        self.assertTrue(found["a"])
        self.assertEqual(found["b"], found["a"])
        self.assertEqual(found["c"], found["a"])
        self.assertTrue(self.exhibits()["c"]["stored_digests_hold"])
        self.assertEqual(self.exhibits()["c"]["stored"]["md5"],
                         hashlib.md5(image).hexdigest())

    def test_an_e01_that_was_changed_is_named(self):
        self.store()
        whole = self.fat()
        with open(whole, "rb") as file:
            run("ewfacquirestream", "-q", "-t",
                self.path("evidence", "acquired"), stdin=file)
        acquired = self.path("evidence", "acquired.E01")
        content = bytearray(read(acquired))
        # A byte within the data of the first files.
        at = content.find(KNOWN[0][60:90])
        # Where it is stored as it is; else among what is compressed.
        at = at if at > 0 else len(content) // 2
        content[at] ^= 0x10
        with open(acquired, "wb") as file:
            file.write(content)
        result = self.kenal(*self.command("e=" + acquired))
        exhibit = self.exhibits()["e"]
        self.assertTrue(exhibit.get("problem") or
                        exhibit.get("stored_digests_hold") is False, result)

    def test_what_is_encrypted_is_named_and_counted(self):
        self.store()
        bitlocker = bytearray(4 * MEBIBYTE)
        bitlocker[0:11] = b"\xeb\x58\x90-FVE-FS-"
        bitlocker[510:512] = b"\x55\xaa"
        self.put("bitlocker.img", bitlocker)
        self.put("luks.img", b"LUKS\xba\xbe\0\2" + bytes(4 * MEBIBYTE))
        self.put("noise.img", os.urandom(MEBIBYTE))
        result = self.scan(*(name + "=" + self.path("evidence", name + ".img")
                             for name in ("bitlocker", "luks", "noise")),
                           code=1)
        coverage = self.coverage()
        self.assertEqual(coverage["not_examined", "bitlocker"], 1)
        self.assertEqual(coverage["not_examined", "luks"], 1)
        self.assertGreater(result.lines()[-1]["missed"], 1)

    def test_thumbnails_within_pictures_are_found_and_marked(self):
        self.store()
        self.ok(self.kenal("ingest", "--list", "abuse", SMALL))
        self.put("drive/edited.jpg", with_exif(read(CARRIER), read(SMALL)))
        self.scan(os.path.join(self.evidence, "drive"))
        thumbnail, = (line for line in self.places().values()
                      if line.get("thumbnail"))
        self.assertEqual(thumbnail["thumbnail"], "exif")
        self.assertEqual(thumbnail["verdict"], "EXACT")
        self.assertEqual(self.places()["drive", "edited.jpg"]["verdict"],
                         "NO_KNOWN_MATCH")
        other = self.path("other")
        self.scan(os.path.join(self.evidence, "drive"), "--no-thumbnails",
                  out=other)
        self.assertEqual(len(self.places(other)), 1)

    def test_cameras_link_exhibits_only_when_asked(self):
        self.store()
        for exhibit, picture in (("a", CARRIER), ("b", SMALL)):
            self.put(exhibit + "/x.jpg",
                     with_exif(read(picture), serial=b"SN-12345"))
        self.scan("--each-in", self.evidence)
        plain = read(os.path.join(self.out, "reports", "links.graphml"))
        self.assertNotIn(b"SN-12345", plain)
        self.assertNotIn(b"SN-12345", read(os.path.join(
            self.out, "findings.journal")))
        other = self.path("other")
        self.scan("--each-in", self.evidence, "--link-exif", out=other)
        linked = read(os.path.join(other, "reports", "links.graphml"))
        self.assertIn(b"SN-12345", linked)

    def test_goes_on_in_the_middle_of_an_image(self):
        self.store()
        files = 4000  # Some seconds' work.
        for i in range(files):
            self.write(f"tree/{i % 9}/{i:04}.png",
                       UNKNOWN[i % 2] + b"%d" % i)
        image = self.path("evidence", "many.img")
        run("mke2fs", "-q", "-t", "ext4", "-N", "8000", "-d",
            self.path("tree"), image, "96M")
        whole = self.path("whole")
        self.scan("i=" + image, out=whole)
        process = harness.start("--data", self.data, *self.command(
            "i=" + image), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for line in process.stdout:
            event = json.loads(line)
            if event["event"] == "progress" and event["files_done"] > 50:
                break
        process.kill()
        process.communicate(timeout=harness.TIMEOUT_S)
        self.assertEqual(process.returncode, -signal.SIGKILL, "it was done")
        self.scan("i=" + image)
        with open(os.path.join(self.out, "custody.jsonl"),
                  encoding="utf-8") as file:
            again = [event for event in map(json.loads, file)
                     if event["event"] == "continue"]
        self.assertEqual(len(again), 1)
        self.assertGreater(again[0]["places_done_before"], 0)
        self.assertLess(again[0]["places_done_before"], files)
        self.assertEqual(self.canonical(), self.canonical(whole))


if __name__ == "__main__":
    unittest.main()
