"""Every method of the contract, asked with @grpc/grpc-js from npm over mutual
TLS: starts `kenal serve` and runs every_method_node.js against it.

    every_method_node.py --kenal BINARY --stubs FOLDER --modules FOLDER

FOLDER of --modules is a node_modules; see node_modules.py.
"""

import argparse
import json
import subprocess
import sys

import node_modules
import serving

CLIENTS = """
# SAN                 roles
kenal://client/all    query,investigate,ingest,curate,export,audit,admin
kenal://client/asks   query
kenal://client/slow   query    rate=1
"""


def main():
    parser = argparse.ArgumentParser()
    serving.add_options(parser)
    parser.add_argument("--modules", required=True)
    options = parser.parse_args()
    serving.load(options)
    node = node_modules.program("node")
    with serving.Folder() as folder:
        authority = serving.Authority(folder / "tls")
        server = authority.issue("server", ["DNS:localhost", "IP:127.0.0.1"])
        table = folder / "clients.txt"
        table.write_text(CLIENTS)
        for name in ("all", "asks", "slow"):
            authority.issue(name, [f"URI:kenal://client/{name}"])
        with serving.Served(
                options.kenal, folder / "store", [],
                ["--listen", "localhost:0",
                 *serving.tls_flags(server, authority, table)]) as served:
            given = {
                "address": served.addresses[0],
                "tls": str(authority.folder),
                "proto": [str(serving.ROOT / "proto"),
                          str(serving.HERE / "proto")],
                "picture": str(serving.PICTURE),
                "methods": sorted(serving.methods(options)),
            }
            code = subprocess.run(
                [node, serving.HERE / "every_method_node.js",
                 json.dumps(given)], timeout=2 * serving.TIMEOUT_S,
                env=serving.environment(NODE_PATH=options.modules),
                check=False).returncode
            if code != 0:
                sys.stderr.write(served.log())
    sys.exit(code)


if __name__ == "__main__":
    main()
