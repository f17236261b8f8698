#!/usr/bin/env python3
"""Style as a test: reads the tree as text and prints one line a slip.

    tidy.py [ROOT]      exit 1 when anything was printed

Checks: which room may include which, third-party headers only in their rooms,
no third-party header in include/kenal, lengths of lines, files and functions,
header guards, banned calls, nothing left undone, paths of one machine.
"""
import pathlib
import re
import subprocess
import sys

LINE_MAX = 80
HEADER_LINES_MAX = 300
SOURCE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70

# A room may include itself and those named here.
LOW = {"base", "signal"}
MIDDLE = {"decode", "index", "catalogue", "exchange", "known"}
ROOMS = {
    "base": set(),
    "signal": {"base"},
    "sandbox": LOW,
    "decode": LOW | {"sandbox"},
    "container": LOW | {"sandbox"},
    "index": LOW,
    "catalogue": LOW,
    "exchange": LOW,
    "known": LOW,
    "findings": LOW,
    "custody": {"base", "exchange"},
    "formats": LOW | {"exchange"},
    "report": LOW | {"exchange", "findings", "formats", "index"},
    "feed": LOW | {"exchange", "formats"},
    "wire": LOW,
    "engine": LOW | MIDDLE,
    "scan": LOW
    | {"container", "custody", "decode", "engine", "exchange", "findings"},
    "identity": {"base"},
    "operate": LOW | {"exchange", "identity"},
    "client": LOW | {"engine", "identity", "wire"},
    "service": LOW | {"engine", "identity", "operate", "wire"},
    "http": LOW | {"exchange", "identity", "operate", "service", "wire"},
}

# Third-party header prefix -> rooms that may include it.
THIRD_PARTY = {
    "hwy/": {"signal", "index"},
    "faiss/": {"index"},
    "rocksdb/": {"catalogue"},
    "opencv2/": {"decode"},
    "grpc": {"client", "service", "wire"},
    "google/protobuf": {"client", "http", "service", "wire"},
    "proto/": {"client", "service", "wire"},
    "boost/": {"http"},
    "curl/": {"feed"},
    "prometheus/": {"operate"},
    "rapidjson/": {"custody", "exchange", "formats", "http"},
    "libxml/": {"formats"},
    "sqlite3.h": {"formats"},
    "openssl/": {"base", "client", "custody", "http", "identity"},
    "seccomp.h": {"sandbox"},
    "archive": {"container"},
    "libbfio": {"container"},
    "libewf": {"container"},
    "tsk/": {"container"},
    "xxhash.h": {"index", "catalogue", "findings"},
    "jpeglib.h": {"decode"},
    "png.h": {"decode"},
    "webp/": {"decode"},
    "gif_lib.h": {"decode"},
    "tiff": {"decode"},
    "libheif/": {"decode"},
    "CLI/": set(),
    "nlohmann/": set(),
}

BANNED = {
    r"\b(strcpy|strcat|sprintf|gets|tmpnam|system|popen)\s*\(":
        "banned call",
    r"\bstd::(rand|srand)\b": "use <random>",
    r"\bstd::cout\b": "streams are not for output here",
    r"catch \(\.\.\.\)": "say what is caught",
}
UNDONE = re.compile(r"\b(TODO|FIXME|XXX)\b|not implemented|unimplemented")
INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^">]+)[">]')


def tracked(root):
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"],
        capture_output=True, text=True, check=True)
    return [root / line for line in listed.stdout.splitlines()]


def room_of(relative):
    parts = relative.parts
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


def check_includes(relative, lines):
    room = room_of(relative)
    public = relative.parts[0] == "include"
    for number, line in enumerate(lines, 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        target = found.group(1)
        if target.startswith("src/"):
            other = target.split("/")[1]
            if public:
                yield number, "a public header includes src/"
            elif room and other != room and other not in ROOMS.get(room, ()):
                yield number, f"room {room} may not include room {other}"
        if (public or room) and target.startswith(("tools/", "tests/")):
            yield number, f"includes {target}"
        for prefix, rooms in THIRD_PARTY.items():
            if not target.startswith(prefix):
                continue
            if public or (room and room not in rooms):
                yield number, f"{target} does not belong in {room or 'include'}"
        if public and target.startswith("absl/") and "status" not in target:
            yield number, "only absl status belongs in public headers"


def check_guard(relative, text):
    name = re.sub(r"[^A-Za-z0-9]", "_", str(relative)).upper() + "_"
    name = re.sub(r"^INCLUDE_KENAL_", "KENAL_", name)
    if relative.parts[0] != "include":
        name = "KENAL_" + name
    if f"#ifndef {name}\n#define {name}\n" not in text:
        yield 1, f"the header guard should be {name}"


def signature_start(lines, number):
    """First line of the statement that ends on line `number`."""
    while number > 1:
        above = lines[number - 2].rstrip()
        if not above or above[-1] in ";{}" or above.lstrip().startswith("//"):
            break
        if re.match(r"^ *(public|private|protected|case .*|default):$", above):
            break
        number -= 1
    return number


def check_functions(lines):
    """Length of each definition that closes with a brace at its own depth."""
    start = None
    for number, line in enumerate(lines, 1):
        if start is None:
            first = signature_start(lines, number)
            head = lines[first - 1]
            if line.endswith("{") and "(" in "".join(
                    lines[first - 1:number]) and not re.match(
                        r"^ *(namespace|class|struct|enum|union|extern)\b", head):
                start, indent = first, len(head) - len(head.lstrip())
        elif re.match(r"^ {%d}\}" % indent, line):
            if number - start + 1 > FUNCTION_LINES_MAX:
                yield start, (f"a function of {number - start + 1} lines; "
                              f"at most {FUNCTION_LINES_MAX}")
            start = None


def check_cpp(relative, text):
    lines = text.splitlines()
    header = relative.suffix == ".h"
    most = HEADER_LINES_MAX if header else SOURCE_LINES_MAX
    if len(lines) > most:
        yield len(lines), f"a file of {len(lines)} lines; at most {most}"
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_MAX and "://" not in line and "#include" not in line:
            yield number, f"a line of {len(line)} characters"
        for pattern, why in BANNED.items():
            code = re.sub(r'"(\\.|[^"\\])*"', '""', line.split("//")[0])
            if re.search(pattern, code):
                yield number, why
    if header:
        yield from check_guard(relative, text)
    yield from check_includes(relative, lines)
    yield from check_functions(lines)


def check_file(root, path):
    relative = path.relative_to(root)
    if relative.parts[0] in ("build", ".git") or "data" in relative.parts:
        return
    if relative.parts[:2] == ("tests", "tidy"):
        return
    try:
        text = path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError):
        return
    found = []
    if path.suffix in (".h", ".cc"):
        found += check_cpp(relative, text)
    for number, line in enumerate(text.splitlines(), 1):
        if relative.parts[0] in ("src", "include", "proto", "tools"):
            if UNDONE.search(line):
                found.append((number, "left undone"))
        if re.search(r"/(work|home|root)/[a-z]", line):
            found.append((number, "a path of one machine"))
    for number, why in found:
        yield f"{relative}:{number}: {why}"


def slips(root):
    for path in tracked(root):
        yield from check_file(root, path)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = list(slips(root))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
