"""What the tests of foreign clients share: a real `kenal serve` over mutual
TLS, with certificates of an authority that OpenSSL's own command makes, and
the contract as the generated stubs describe it.

    serving.add_options(parser)   --kenal, --stubs
    serving.load(options)         makes the stubs importable
"""

import collections
import datetime
import importlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

# Far above what anything here takes, so that a hang is a failure.
TIMEOUT_S = 120
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PICTURE = ROOT / "tests/data/pdq-vectors/upstream/bridge-mods/aaa-orig.jpg"
ROLES = ("query", "investigate", "ingest", "curate", "export", "audit",
         "admin")

Method = collections.namedtuple(
    "Method", "service name request response client_streams server_streams")


def add_options(parser):
    parser.add_argument("--kenal", required=True, help="the program")
    parser.add_argument("--stubs", required=True, action="append",
                        help="a folder of generated stubs; repeatable")


def load(options):
    for folder in options.stubs:
        sys.path.insert(0, os.path.abspath(folder))


def methods(options):
    """Every method of the contract, as {"package.Service/Name": Method}."""
    found = {}
    for folder in options.stubs:
        for path in pathlib.Path(folder).glob("kenal/v1/*_pb2.py"):
            file = importlib.import_module("kenal.v1." + path.stem).DESCRIPTOR
            described = descriptor_proto(file)
            for service in described.service:
                full = f"{described.package}.{service.name}"
                for method in service.method:
                    found[f"{full}/{method.name}"] = Method(
                        full, method.name, method.input_type.lstrip("."),
                        method.output_type.lstrip("."),
                        method.client_streaming, method.server_streaming)
    assert len(found) > 10, f"no contract in {options.stubs}"
    return found


def descriptor_proto(file):
    from google.protobuf import descriptor_pb2
    described = descriptor_pb2.FileDescriptorProto()
    file.CopyToProto(described)
    return described


def environment(**extra):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KENAL_")}
    return {**kept, **extra}


def run(*command, **options):
    done = subprocess.run(
        [str(c) for c in command], capture_output=True, text=True,
        timeout=TIMEOUT_S, env=environment(), check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command} -> {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done.stdout


class Authority:
    """A certificate authority of `openssl ca`: NAME.pem and NAME.key beside
    ca.pem in `folder`. `subject` may be that of another one, as an impostor's
    would be. All certificates share one key: it is not what is tested."""

    CONFIG = """
[ca]
default_ca = this
[this]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = policy
unique_subject = no
email_in_dn = no
[policy]
commonName = supplied
"""

    def __init__(self, folder, subject="/CN=Kenal test authority"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        (self.folder / "ca.conf").write_text(self.CONFIG)
        (self.folder / "index.txt").touch()
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                 "-nodes"]
        self.openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out",
                     "ca.pem", "-days", "2", "-subj", subject)
        self.openssl("req", "-new", *curve, "-keyout", "any.key", "-out",
                     "any.csr", "-subj", "/CN=any")

    def openssl(self, *arguments):
        run("openssl", *arguments, cwd=self.folder)

    def issue(self, name, sans=(), expired=False, subject="any"):
        """Path of the files without their endings, as --tls takes it."""
        usage = "serverAuth,clientAuth"
        lines = ["[e]", "basicConstraints=CA:false",
                 f"extendedKeyUsage={usage}"]
        if sans:
            lines.append("subjectAltName=" + ",".join(sans))
        (self.folder / "extensions").write_text("\n".join(lines) + "\n")
        now = datetime.datetime.now(datetime.timezone.utc)
        days = datetime.timedelta(days=1)
        start, end = ((now - 3 * days, now - days) if expired
                      else (now - days, now + days))
        self.openssl(
            "ca", "-batch", "-notext", "-config", "ca.conf", "-cert",
            "ca.pem", "-keyfile", "ca.key", "-in", "any.csr", "-out",
            name + ".pem", "-subj", "/CN=" + subject, "-extfile",
            "extensions", "-extensions", "e", "-startdate",
            start.strftime("%Y%m%d%H%M%SZ"), "-enddate",
            end.strftime("%Y%m%d%H%M%SZ"))
        shutil.copy(self.folder / "any.key", self.folder / (name + ".key"))
        return self.folder / name


class Folder:
    """A temporary folder with a short path: sockets need one."""

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="kenal-"))
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


class Served:
    """A store with lists of (name, purpose), served until the block ends.

        with Served(kenal, folder / "store", [("test", "test")],
                    ["--listen", "127.0.0.1:0", ...]) as server:
            server.addresses
    """

    def __init__(self, kenal, store, lists, arguments):
        self.kenal = kenal
        self.store = store
        self.arguments = [str(a) for a in arguments]
        if not store.exists():
            run(kenal, "--data", store, "init")
            for name, purpose in lists:
                run(kenal, "--data", store, "list", "create", name,
                    "--purpose", purpose)

    def __enter__(self):
        self.errors = open(self.store.parent / "serve.log", "a+")
        self.process = subprocess.Popen(
            [self.kenal, "--data", self.store, "--json", "serve",
             "--backups", self.store.parent / "backups", *self.arguments], stdout=subprocess.PIPE, stderr=self.errors,
            text=True, env=environment())
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(timeout=TIMEOUT_S)
            raise AssertionError("kenal serve did not start: " + self.log())
        self.ready = json.loads(line)
        self.addresses = self.ready["addresses"]
        return self

    def __exit__(self, kind, *_):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=TIMEOUT_S)
        self.process.stdout.close()
        if kind is None and code != 0:
            raise AssertionError(f"kenal serve ended with {code}: {self.log()}")
        self.errors.close()

    def log(self):
        self.errors.seek(0)
        return self.errors.read()


def tls_flags(server, authority, clients):
    """Of `kenal serve`, spelled out."""
    return ["--tls-cert", f"{server}.pem", "--tls-key", f"{server}.key",
            "--tls-ca", authority.folder / "ca.pem", "--clients", clients]


def channel(address, tls=None, authority=None):
    """A gRPC channel: with the certificate `tls` (a path without ending), or
    without one, to a server of `authority`; plaintext without both."""
    import grpc
    options = [("grpc.enable_http_proxy", 0),
               ("grpc.max_receive_message_length", -1),
               # Channels to one address share connections otherwise.
               ("grpc.use_local_subchannel_pool", 1)]
    if authority is None:
        return grpc.insecure_channel(address, options)
    root = (authority.folder / "ca.pem").read_bytes()
    key, chain = None, None
    if tls:
        key = pathlib.Path(f"{tls}.key").read_bytes()
        chain = pathlib.Path(f"{tls}.pem").read_bytes()
    return grpc.secure_channel(
        address, grpc.ssl_channel_credentials(root, key, chain), options)
