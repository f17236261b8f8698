"""Who may call what: every method x every role x every kind of certificate,
over gRPC and over HTTP, against a real `kenal serve`.

    authorization_matrix.py --kenal BINARY --stubs FOLDER [--http]

What is expected stands in the tables below, written by hand: they know
nothing of the server's own. A method of the contract without a row fails.
"""

import argparse
import dataclasses
import http.client
import json
import ssl
import sys

import serving

ALL = frozenset(serving.ROLES)
ASKING = {"query", "investigate"}
KEEPING = {"investigate", "ingest", "curate", "export", "audit", "admin"}
FOLLOWING = {"query", "investigate", "curate", "export", "audit"}
MATCH = "kenal.v1.MatchService/"
LISTS = "kenal.v1.CatalogueService/"
OPERATIONS = "kenal.v1.OperationsService/"

# Method -> roles that may call it.
ALLOWED = {
    MATCH + "Match": ASKING,
    MATCH + "BatchMatch": ASKING,
    MATCH + "StreamMatch": ASKING,
    MATCH + "Explain": {"investigate"},
    LISTS + "CreateList": {"curate"},
    LISTS + "SetListPolicy": {"curate"},
    LISTS + "SetEntryState": {"curate"},
    LISTS + "SetNearActionLabel": {"curate"},
    LISTS + "AddEntries": {"ingest", "curate"},
    LISTS + "ImportEntries": {"ingest", "curate"},
    LISTS + "ListLists": KEEPING,
    LISTS + "GetList": KEEPING,
    LISTS + "GetStats": KEEPING,
    LISTS + "GetEntry": {"investigate", "curate", "export", "audit"},
    LISTS + "ReadEntries": {"investigate", "curate", "export", "audit"},
    LISTS + "ReadChanges": FOLLOWING,
    LISTS + "WatchChanges": FOLLOWING,
    LISTS + "Verify": {"audit", "admin"},
    OPERATIONS + "GetMetrics": {"audit", "admin"},
    OPERATIONS + "WhoAmI": ALL,
    OPERATIONS + "CreateBackup": {"admin"},
}
# A field that asks for more than the method alone, as "method with field".
RADIUS = " with radius_bits"
SIGNALS = " with with_signals"
SECRETS = " with with_secrets"
ALLOWED_FIELDS = {
    MATCH + "Match" + RADIUS: {"investigate"},
    MATCH + "BatchMatch" + RADIUS: {"investigate"},
    LISTS + "ReadChanges" + SIGNALS: {"export"},
    LISTS + "WatchChanges" + SIGNALS: {"export"},
    LISTS + "ReadEntries" + SECRETS: {"export"},
}
# Pages of HTTP -> roles; VERIFIED: everybody whose certificate is verified,
# in the table or not.
VERIFIED = "verified"
ALLOWED_PAGES = {
    "/healthz": VERIFIED,
    "/readyz": VERIFIED,
    "/openapi.json": ALL,
    "/docs": ALL,
    "/metrics": {"audit", "admin"},
    "/m/lookup?signal_type=pdq&signal=" + "0f" * 32: ASKING,
}
# Callers of a Unix socket.
LOCAL = {"investigate", "ingest", "curate", "audit", "admin"}
LIST, ENTRY = "matrix", "source:known"


@dataclasses.dataclass
class Identity:
    """`files` without their ending, or None. `known` is what the server's
    table makes of it; None: not in the table. `verified`: gets past TLS."""
    what: str
    files: object
    known: object = None
    verified: bool = True

    def code(self, roles):
        """What a call that `roles` may make ends with."""
        if not self.verified:
            return "no connection"
        if roles == VERIFIED:
            return "OK"
        if self.known is None:
            return "UNAUTHENTICATED"
        return "OK" if roles & self.known else "PERMISSION_DENIED"


def identities(authority, impostor):
    """All of them, and the client table of the server."""
    table = []

    def listed(name, roles):
        table.append(f"{name} {','.join(sorted(roles))}")

    found = [Identity("no certificate", None, verified=False)]
    for role in serving.ROLES:
        name = f"kenal://client/{role}"
        sans = [f"URI:{name}"]
        listed(name, {role})
        right = authority.issue(role, sans)
        found.append(Identity(role, right, {role}))
        found.append(Identity(f"{role}, expired", authority.issue(
            role + "-expired", sans, expired=True), verified=False))
        found.append(Identity(f"{role}, of another authority", impostor.issue(
            role, sans), verified=False))
        # The same name in the subject, where it does not count.
        found.append(Identity(f"{role}, not in the table", authority.issue(
            role + "-unlisted", [f"URI:{name}-unlisted"], subject=role)))
        listed(role, {role})
    # A table may name a role by the subject's name; a subject is no SAN.
    found.append(Identity("without a SAN", authority.issue(
        "bare", subject="admin")))
    listed("two.example.org", {"query", "audit"})
    found.append(Identity("two roles, by DNS", authority.issue(
        "two", ["DNS:two.example.org"]), {"query", "audit"}))
    found.append(Identity("second SAN in the table", authority.issue(
        "second", ["URI:kenal://client/nobody", "DNS:two.example.org"]),
        {"query", "audit"}))
    return found, "\n".join(table) + "\n"


class Requests:
    """A request of each method that succeeds for who may make it."""

    def __init__(self):
        self.count = 0
        self.by = cat.Authorship(actor="matrix", reason="testing")

    def content(self):
        return match.Content(signals=sig.SignalSet(md5=bytes(16)))

    def draft(self):
        self.count += 1
        return cat.EntryDraft(
            source_id=f"draft-{self.count}",
            signals=sig.SignalSet(md5=self.count.to_bytes(16, "big")),
            provenance=cat.Provenance(source="matrix"))

    def of(self, row):
        """The request of a row; a list for a method that streams them."""
        method, _, field = row.partition(" with ")
        request = getattr(self, method.rpartition("/")[2])()
        if field:
            setattr(request, field, 31 if field == "radius_bits" else True)
        return request

    def Match(self):
        return match.MatchRequest(content=self.content())

    def BatchMatch(self):
        return match.BatchMatchRequest(contents=[self.content()])

    def StreamMatch(self):
        return [match.StreamMatchRequest(content=self.content())]

    def Explain(self):
        return match.ExplainRequest(content=self.content(), list=LIST,
                                    reference=ENTRY)

    def CreateList(self):
        self.count += 1
        return lists.CreateListRequest(
            name=f"made-{self.count}", purpose=cat.PURPOSE_TEST, by=self.by)

    def SetListPolicy(self):
        return lists.SetListPolicyRequest(
            name=LIST, by=self.by, policy=cat.ListPolicy(
                mode=cat.LIST_MODE_ENABLED, pdq_radius_bits=31))

    def SetEntryState(self):
        return lists.SetEntryStateRequest(
            list=LIST, references=[ENTRY], state=cat.ENTRY_STATE_DISPUTED,
            by=self.by)

    def SetNearActionLabel(self):
        return lists.SetNearActionLabelRequest(
            list=LIST, references=[ENTRY], label="review", by=self.by)

    def AddEntries(self):
        return lists.AddEntriesRequest(list=LIST, drafts=[self.draft()],
                                       by=self.by)

    def ImportEntries(self):
        part = lists.ImportEntriesRequest
        record = lists.ImportRecord(position=1, draft=self.draft())
        return [part(header=lists.ImportHeader(list=LIST, by=self.by)),
                part(chunk=lists.ImportChunk(records=[record])),
                part(end=lists.ImportEnd(record_count=1))]

    def ListLists(self):
        return lists.ListListsRequest()

    def GetList(self):
        return lists.GetListRequest(name=LIST)

    def GetStats(self):
        return lists.GetStatsRequest()

    def GetEntry(self):
        return lists.GetEntryRequest(list=LIST, reference=ENTRY)

    def ReadEntries(self):
        return lists.ReadEntriesRequest(list=LIST)

    def ReadChanges(self):
        return lists.ReadChangesRequest()

    def WatchChanges(self):
        return lists.WatchChangesRequest()

    def Verify(self):
        return lists.VerifyRequest()

    def GetMetrics(self):
        return operations.GetMetricsRequest()

    def WhoAmI(self):
        return operations.WhoAmIRequest()

    def CreateBackup(self):
        return operations.CreateBackupRequest()

    # Standard services: the row names the package as well.
    def Check(self):
        return health.HealthCheckRequest()

    def Watch(self):
        return health.HealthCheckRequest()

    def ServerReflectionInfo(self):
        return [reflection.ServerReflectionRequest(list_services="*")]


class OverGrpc:
    name = "gRPC"

    def __init__(self, channel):
        self.channel = channel

    def call(self, method, request):
        """What it ended with, in words."""
        kind = (("stream" if method.client_streams else "unary") + "_" +
                ("stream" if method.server_streams else "unary"))
        stub = getattr(self.channel, kind)(
            f"/{method.service}/{method.name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=bytes)
        given = iter(request) if method.client_streams else request
        try:
            call = stub(given, timeout=serving.TIMEOUT_S)
            if method.server_streams:
                if next(call, None) is None:
                    return "an empty stream"
                call.cancel()
            return "OK"
        except grpc.RpcError as error:
            code = error.code()
            ours = "kenal-error" in dict(error.trailing_metadata() or ())
            if code == grpc.StatusCode.UNAVAILABLE and not ours:
                return "no connection"
            return code.name if ours else f"{code.name}, not of the server"

    def close(self):
        self.channel.close()


class OverHttp:
    name = "HTTP"

    def __init__(self, address, files, authority):
        context = ssl.create_default_context(
            cafile=authority.folder / "ca.pem")
        if files:
            context.load_cert_chain(f"{files}.pem", f"{files}.key")
        host, _, port = address.rpartition(":")
        self.connection = http.client.HTTPSConnection(
            host, int(port), context=context, timeout=serving.TIMEOUT_S)

    def ask(self, verb, path, body=None):
        try:
            self.connection.request(verb, path, body, {
                "Content-Type": "application/json"} if body else {})
            response = self.connection.getresponse()
            text = response.read()
        except (ssl.SSLError, ConnectionError):
            self.connection.close()
            return "no connection"
        if response.status == 200:
            return "OK"
        return json.loads(text)["error"]["code"]

    def call(self, method, request):
        return self.ask("POST", f"/{method.service}/{method.name}",
                        json_format.MessageToJson(request))

    def close(self):
        self.connection.close()


class Matrix:
    def __init__(self, contract):
        self.contract = contract
        self.requests = Requests()
        self.cells = 0
        self.wrong = []

    def expect(self, door, identity, row, actual, expected):
        self.cells += 1
        if actual != expected:
            self.wrong.append(f"{door}: {identity.what}: {row} ended with "
                              f"{actual}, not {expected}")

    def check(self, door, identity, rows):
        for row, roles in rows.items():
            method = self.contract[row.partition(" with ")[0]]
            self.expect(door.name, identity, row,
                        door.call(method, self.requests.of(row)),
                        identity.code(roles))

    def check_pages(self, door, identity):
        for path, roles in ALLOWED_PAGES.items():
            self.expect(door.name, identity, path, door.ask("GET", path),
                        identity.code(roles))


def standard_methods():
    """Of health and reflection: for everybody whom TLS let in."""
    found = {}
    for file in (health.DESCRIPTOR, reflection.DESCRIPTOR):
        for service in file.services_by_name.values():
            for method in serving.descriptor_proto(file).service[0].method:
                found[f"{service.full_name}/{method.name}"] = serving.Method(
                    service.full_name, method.name, method.input_type,
                    method.output_type, method.client_streaming,
                    method.server_streaming)
    return found


def head(door):
    stats = lists_grpc.CatalogueServiceStub(door.channel).GetStats(
        lists.GetStatsRequest(), timeout=serving.TIMEOUT_S)
    return stats.head


def run_matrix(contract, served, who, authority, socket_address):
    matrix = Matrix(contract)
    standard = standard_methods()
    rows = {**ALLOWED, **ALLOWED_FIELDS}
    grpc_address = next(a for a in served.addresses if "unix" not in a)
    local = OverGrpc(serving.channel(socket_address))
    (known,) = Requests().of(LISTS + "AddEntries").drafts
    known.source_id = ENTRY.partition(":")[2]
    local.call(contract[LISTS + "AddEntries"], lists.AddEntriesRequest(
        list=LIST, drafts=[known], by=matrix.requests.by))
    for identity in who:
        door = OverGrpc(serving.channel(grpc_address, identity.files,
                                        authority))
        refused = {row: roles for row, roles in rows.items()
                   if identity.code(roles) != "OK"}
        before = head(local)
        matrix.check(door, identity, refused)
        matrix.expect(door.name, identity, "changes by refused calls",
                      head(local) - before, 0)
        matrix.check(door, identity, {
            row: roles for row, roles in rows.items() if row not in refused})
        matrix.contract = standard
        matrix.check(door, identity, dict.fromkeys(standard, VERIFIED))
        matrix.contract = contract
        door.close()
    over_socket = Identity("Unix socket", None, LOCAL)
    matrix.check(local, over_socket, rows)
    for address in served.ready.get("http", ()):
        check_http(matrix, contract, address, who, authority, local)
    local.close()
    return matrix


def check_http(matrix, contract, address, who, authority, local):
    unary = {row: roles for row, roles in {**ALLOWED, **ALLOWED_FIELDS}.items()
             if not contract[row.partition(" with ")[0]].client_streams
             and not contract[row.partition(" with ")[0]].server_streams}
    for identity in who:
        door = OverHttp(address, identity.files, authority)
        refused = {row: roles for row, roles in unary.items()
                   if identity.code(roles) != "OK"}
        before = head(local)
        matrix.check(door, identity, refused)
        matrix.expect(door.name, identity, "changes by refused calls",
                      head(local) - before, 0)
        matrix.check(door, identity, {
            row: roles for row, roles in unary.items() if row not in refused})
        matrix.check_pages(door, identity)
        door.close()


def bind_stubs():
    global grpc, json_format, cat, lists, lists_grpc, match, operations, sig
    global health, reflection
    import grpc
    from google.protobuf import json_format
    from kenal.v1 import catalogue_pb2 as cat
    from kenal.v1 import catalogue_service_pb2 as lists
    from kenal.v1 import catalogue_service_pb2_grpc as lists_grpc
    from kenal.v1 import match_service_pb2 as match
    from kenal.v1 import operations_service_pb2 as operations
    from kenal.v1 import signal_pb2 as sig
    from standard import health_pb2 as health
    from standard import reflection_pb2 as reflection


def main():
    parser = argparse.ArgumentParser()
    serving.add_options(parser)
    parser.add_argument("--http", action="store_true",
                        help="the HTTP listener too")
    options = parser.parse_args()
    serving.load(options)
    bind_stubs()
    contract = serving.methods(options)
    if set(contract) != set(ALLOWED):
        sys.exit("this table and the contract do not name the same methods: "
                 f"{sorted(set(contract) ^ set(ALLOWED))}")
    with serving.Folder() as folder:
        authority = serving.Authority(folder / "tls")
        impostor = serving.Authority(folder / "other")
        who, table = identities(authority, impostor)
        (folder / "clients.txt").write_text(table)
        server = authority.issue("server", ["DNS:localhost", "IP:127.0.0.1"])
        socket_address = f"unix:{folder}/kenal.sock"
        flags = ["--listen", "localhost:0", "--listen", socket_address,
                 *serving.tls_flags(server, authority, folder / "clients.txt")]
        if options.http:
            flags += ["--http", "localhost:0"]
        with serving.Served(options.kenal, folder / "store",
                            [(LIST, "test")], flags) as served:
            matrix = run_matrix(contract, served, who, authority,
                                socket_address)
            if options.http and not served.ready.get("http"):
                matrix.wrong.append("no HTTP listener was told of")
            if matrix.wrong:
                sys.stderr.write(served.log())
    for line in matrix.wrong:
        print(line)
    print(f"{matrix.cells} cells, {len(matrix.wrong)} of them wrong")
    sys.exit(bool(matrix.wrong))


if __name__ == "__main__":
    main()
