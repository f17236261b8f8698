#!/usr/bin/env python3
"""Imports invented lists of several formats into new stores and times it.

    bench/formats/import_lists.py --bin build/release/bin [--records N]
        [--folder DIR] [--format csv ...]

The lists are the same in every run. Each import is a process of its own, into
a store in DIR, and is read from the page cache. Prints a table: seconds of
wall and of processor time, records a second, and the peak of the process.
"""

import argparse
import os
import random
import shutil
import subprocess
import tempfile
import time


def digits(source, bits):
    return f"{source.getrandbits(bits):0{bits // 4}x}"


def write_csv(source, count, out):
    out.write("source_id,md5,sha1,pdq,pdq_quality,class:grade,series\n")
    for i in range(count):
        out.write(f"id-{i},{digits(source, 128)},{digits(source, 160)},"
                  f"{digits(source, 256)},80,A1,s{i % 500}\n")


def write_ncmec(source, count, out):
    out.write('<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/'
              f'v2">\n<images count="{count}">\n')
    for i in range(count):
        out.write('<image><member id="42">Demo</member><timestamp>'
                  f"2024-01-02T03:04:05Z</timestamp><id>img-{i}</id>"
                  "<classification>A1</classification>\n<fingerprints><md5>"
                  f"{digits(source, 128)}</md5><pdq>{digits(source, 256)}"
                  "</pdq></fingerprints></image>\n")
    out.write('</images>\n<videos count="0"/></queryResult>\n')


def write_vics(source, count, out):
    out.write('{"odata.metadata":"http://github.com/ICMEC/ProjectVic/'
              'DataModels/1.3.xml#Media","value":[')
    for i in range(count):
        md5 = digits(source, 128).upper()
        out.write(
            f'{"," if i else ""}\n{{"MediaID":{i + 1},"Category":2,"MD5":'
            f'"{md5}","SHA1":"{digits(source, 160).upper()}","MediaSize":'
            f'{source.randrange(10**7)},"VictimIdentified":"false",'
            f'"IsDistributed":"true","Series":"s{i % 500}","MediaFiles":[{{'
            f'"MD5":"{md5}","FileName":"f{i}.jpg","FilePath":"a\\\\b"}}]}}')
    out.write("]}\n")


def write_pytx(source, count, out):
    for _ in range(count):
        out.write(f"pdq {digits(source, 256)}\n")


WRITERS = {"csv": write_csv, "ncmec": write_ncmec, "vics": write_vics,
           "pytx": write_pytx}


def measure(kenal, folder, form, count):
    path = os.path.join(folder, "list." + form)
    with open(path, "w", encoding="ascii") as out:
        WRITERS[form](random.Random(7), count, out)
    store = os.path.join(folder, "store")
    ask = [kenal, "--data", store, "--quiet"]
    subprocess.run([*ask, "init"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run([*ask, "list", "create", "a", "--purpose", "test"],
                   check=True, stdout=subprocess.DEVNULL)
    start = time.monotonic()
    process = subprocess.Popen([*ask, "import", "--list", "a", "--format",
                                form, path], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    assert status == 0, form
    processor = usage.ru_utime + usage.ru_stime
    print(f"| {form} | {os.path.getsize(path) / 1e6:.0f} MB | {wall:.1f} s | "
          f"{processor:.1f} s | {count / wall:,.0f} | "
          f"{usage.ru_maxrss / 1024:.0f} MiB |", flush=True)
    shutil.rmtree(store)
    os.unlink(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--folder")
    parser.add_argument("--format", nargs="*", default=list(WRITERS),
                        choices=list(WRITERS))
    given = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f}")
    print("| format | file | wall | processor | records a second | peak |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for form in given.format:
            measure(os.path.join(given.bin, "kenal"), folder, form,
                    given.records)


if __name__ == "__main__":
    main()
