"""The commands of examples/*/README.md do what the page says.

    readme_test.py --kenal BINARY --stubs FOLDER --hook python
    readme_test.py --kenal BINARY --stubs FOLDER --hook node --modules FOLDER
"""

import argparse
import json
import pathlib
import re
import socket
import subprocess
import sys

import serving


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return str(free.getsockname()[1])


def script(page, stubs):
    """The commands, on ports that are free, each waiting for the server that
    the one before it started."""
    (commands,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    ports = {shown: free_port() for shown in ("7117", "8080")}
    lines = ["set -e", "trap 'kill $(jobs -p); wait' EXIT"]
    for command in commands.splitlines():
        started = ports["7117"] if " serve " in command else ports["8080"]
        if command.startswith("npm "):
            continue  # clients.node_modules did that, elsewhere.
        if command.startswith("curl "):
            command += " -sS"
        command = command.replace("$SOURCE/build/release/proto_python", stubs)
        if " upload_hook." in command or "/upload_hook." in command:
            command = command.replace(
                " --tls", f" --server localhost:{ports['7117']} "
                f"--listen 127.0.0.1:{ports['8080']} --tls")
            command = command.replace("python3 ", "/usr/bin/python3 -B ")
        for shown, free in ports.items():
            command = command.replace(f":{shown}", f":{free}")
        lines.append(command.removesuffix("&") + ">> said 2>&1 &"
                     if command.endswith("&") else command)
        if command.endswith("&"):
            lines.append(f"until (: < /dev/tcp/127.0.0.1/{started}) 2> /dev/null"
                         "; do sleep 0.1; done")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser()
    serving.add_options(parser)
    parser.add_argument("--hook", choices=("python", "node"), required=True)
    parser.add_argument("--modules", default="")
    options = parser.parse_args()
    page = (serving.ROOT / "examples" / options.hook /
            "README.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    binaries = pathlib.Path(options.kenal).resolve().parent
    with serving.Folder() as folder:
        environment = serving.environment(
            SOURCE=str(serving.ROOT), PICTURE=str(serving.PICTURE),
            NODE_PATH=options.modules)
        environment["PATH"] = f"{binaries}:{environment['PATH']}"
        done = subprocess.run(
            ["bash", "-c", script(page, ":".join(options.stubs))], cwd=folder,
            env=environment, timeout=serving.TIMEOUT_S, text=True,
            stdout=subprocess.PIPE, check=False)
        said = folder / "said"
        print(done.stdout, said.read_text() if said.exists() else "")
    last = done.stdout.splitlines()[-1]
    answer = json.loads(last)
    answer["request_id"] = "…"
    if done.returncode != 0 or answer != json.loads(shown):
        sys.exit(f"the page shows {shown}, and the last command of it said "
                 f"{last}")


if __name__ == "__main__":
    main()
