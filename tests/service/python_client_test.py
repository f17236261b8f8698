"""A client that is not ours: python3-grpcio on stubs made from the proto.

Asks every method of a running server, over nothing but the contract.

  python_client_test.py STUBS --server BINARY    starts BINARY, which prints
                                                 where it listens
  python_client_test.py STUBS --kenal BINARY     makes a store and starts
                                                 `kenal serve` on it
  python_client_test.py STUBS --address ADDRESS  asks a server that is there

STUBS is the folder of the generated stubs. The server keeps its data: lists
get names that nobody else uses.
"""

import argparse
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tempfile
import unittest

import grpc
from google.protobuf import json_format

HERE = pathlib.Path(__file__).resolve().parent
PICTURE = (HERE.parent / "data/pdq-vectors/upstream/bridge-mods/aaa-orig.jpg")
API_PAGE = HERE.parent.parent / "docs/api.md"
TIMEOUT_S = 60
options = None  # set by main


def code_of(call):
    """The status code that a call fails with, and its message."""
    try:
        call()
    except grpc.RpcError as error:
        return error.code(), error.details()
    return grpc.StatusCode.OK, ""


class PythonClient(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.channel = grpc.insecure_channel(
            options.address, options=[("grpc.enable_http_proxy", 0)])
        cls.match = api.MatchServiceStub(cls.channel)
        cls.catalogue = catalogue_api.CatalogueServiceStub(cls.channel)
        cls.by = catalogue.Authorship(actor="python", reason="testing")
        cls.list = "python-" + secrets.token_hex(6)
        made = cls.catalogue.CreateList(
            catalogue_service.CreateListRequest(
                name=cls.list, purpose=catalogue.PURPOSE_TEST, by=cls.by),
            timeout=TIMEOUT_S)
        assert made.list.policy.pdq_radius_bits == 31, made
        assert made.list.policy.mode == catalogue.LIST_MODE_ENABLED, made

    @classmethod
    def tearDownClass(cls):
        cls.channel.close()

    def draft(self, source_id, **signals):
        return catalogue.EntryDraft(
            source_id=source_id,
            signals=signal.SignalSet(**signals),
            classifications=[
                catalogue.Classification(scheme="demo", raw_value="A1")],
            provenance=catalogue.Provenance(source="python", member="test"))

    def add(self, *drafts):
        return self.catalogue.AddEntries(
            catalogue_service.AddEntriesRequest(
                list=self.list, drafts=drafts, by=self.by),
            timeout=TIMEOUT_S)

    def ask(self, limit=None, effort=None, **content):
        return self.match.Match(
            match_service.MatchRequest(
                content=match_service.Content(**content), limit=limit,
                effort=effort),
            timeout=TIMEOUT_S).answer

    def explain(self, source_id, effort=None, **content):
        return self.match.Explain(
            match_service.ExplainRequest(
                content=match_service.Content(**content), list=self.list,
                reference="source:" + source_id, effort=effort),
            timeout=TIMEOUT_S)

    def ours(self, answer):
        return [m for m in answer.matches if m.list == self.list]

    def test_an_entry_is_added_met_disputed_and_withdrawn(self):
        md5 = secrets.token_bytes(16)
        name = secrets.token_hex(8)
        added = self.add(self.draft(name, md5=md5))
        self.assertEqual(added.results[0].outcome,
                         catalogue_service.OUTCOME_ADDED)

        query = signal.SignalSet(md5=md5)
        answer = self.ask(signals=query)
        self.assertEqual(answer.verdict, verdict.VERDICT_TEST)
        self.assertGreaterEqual(answer.sequence, added.sequence)
        (met,) = self.ours(answer)
        self.assertEqual(met.source_id, name)
        self.assertEqual(met.signal, signal.SIGNAL_TYPE_MD5)
        self.assertEqual(met.entry, added.results[0].id)
        self.assertEqual(met.classifications[0].raw_value, "A1")
        self.assertFalse(met.HasField("transform"))

        self.set_state(name, catalogue.ENTRY_STATE_DISPUTED)
        (met,) = self.ours(self.ask(signals=query))
        self.assertEqual(met.state, catalogue.ENTRY_STATE_DISPUTED)
        self.set_state(name, catalogue.ENTRY_STATE_WITHDRAWN)
        self.assertEqual(self.ours(self.ask(signals=query)), [])

    def set_state(self, source_id, state):
        response = self.catalogue.SetEntryState(
            catalogue_service.SetEntryStateRequest(
                list=self.list, references=["source:" + source_id],
                state=state, by=self.by),
            timeout=TIMEOUT_S)
        self.assertEqual(response.results[0].outcome,
                         catalogue_service.OUTCOME_STATE_CHANGED)

    def test_an_entry_is_shown_without_its_bits(self):
        md5 = b"CANARY" + secrets.token_bytes(10)
        name = secrets.token_hex(8)
        self.add(self.draft(name, md5=md5))
        shown = self.catalogue.GetEntry(
            catalogue_service.GetEntryRequest(
                list=self.list, reference="source:" + name),
            timeout=TIMEOUT_S)
        self.assertEqual([s.type for s in shown.entry.signals],
                         [signal.SIGNAL_TYPE_MD5])
        self.assertEqual(shown.entry.provenance.source, "python")
        self.assertNotIn(b"CANARY", shown.SerializeToString())

    def add_pdq(self):
        """An entry with a PDQ that nobody else has: its name and hash."""
        name = secrets.token_hex(8)
        pdq = secrets.token_bytes(32)
        self.add(self.draft(name, md5=pdq[:16], pdq=[
            signal.PdqView(hash=pdq, quality=100)]))
        return name, pdq

    def test_an_effort_decides_which_views_are_compared(self):
        name, pdq = self.add_pdq()
        for view, least in ((signal.VIEW_STORED, signal.EFFORT_FAST),
                            (signal.VIEW_TRIMMED, signal.EFFORT_NORMAL),
                            (signal.VIEW_CENTRAL_90, signal.EFFORT_THOROUGH)):
            query = signal.SignalSet(pdq=[
                signal.PdqView(view=view, hash=pdq, quality=100)])
            for effort in (signal.EFFORT_FAST, signal.EFFORT_NORMAL,
                           signal.EFFORT_THOROUGH):
                met = self.ours(self.ask(signals=query, effort=effort))
                self.assertEqual(len(met), int(effort >= least))
                for match in met:
                    self.assertEqual(match.source_id, name)
                    self.assertEqual(match.tier, verdict.TIER_MATCH)
                    self.assertEqual(match.transform.query_view, view)
                (pair,) = self.explain(
                    name, effort, signals=query).explanation.views
                self.assertEqual(pair.distance_bits, 0)
                self.assertEqual(
                    pair.finding,
                    explain.FINDING_MATCH if effort >= least
                    else explain.FINDING_NOT_COMPARED)

    def test_an_entry_is_explained_without_its_bits(self):
        name, pdq = self.add_pdq()
        farther = bytes([pdq[0] ^ 0xFF]) + pdq[1:]  # 8 bits away
        answer = self.explain(name, signals=signal.SignalSet(
            md5=pdq[:16],
            pdq=[signal.PdqView(hash=farther, quality=100)]))
        explanation = answer.explanation
        self.assertEqual([(d.type, d.equal) for d in explanation.digests],
                         [(signal.SIGNAL_TYPE_MD5, True)])
        (pair,) = explanation.views
        self.assertEqual(pair.distance_bits, 8)
        self.assertEqual(pair.finding, explain.FINDING_MATCH)
        self.assertEqual(pair.how.query_variant, signal.VARIANT_ORIG)
        self.assertEqual(pair.entry_quality, 100)
        self.assertEqual(explanation.policy.pdq_radius_bits, 31)
        self.assertEqual(explanation.policy.effort, signal.EFFORT_THOROUGH)
        self.assertEqual(explanation.entry_state,
                         catalogue.ENTRY_STATE_ACTIVE)
        self.assertNotIn(pdq[1:9], answer.SerializeToString())

        by_picture = self.explain(name, picture=PICTURE.read_bytes())
        self.assertGreater(len(by_picture.explanation.views), 0)
        self.assertFalse(by_picture.explanation.digests[0].equal)
        code, _ = code_of(lambda: self.explain("no such id", signals={}))
        self.assertEqual(code, grpc.StatusCode.NOT_FOUND)
        code, text = code_of(lambda: self.explain(name))
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("content", text)

    def test_a_review_radius_is_kept_and_reported(self):
        name, pdq = self.add_pdq()
        service = catalogue_service
        policy = catalogue.ListPolicy(
            mode=catalogue.LIST_MODE_ENABLED, pdq_radius_bits=31,
            review_radius_bits=40, effort=signal.EFFORT_NORMAL,
            stored_views=[signal.VIEW_STORED, signal.VIEW_UPRIGHT],
            share_permille=1000, shadow=catalogue.SHADOW_MODE_OFF)
        shown = self.catalogue.SetListPolicy(service.SetListPolicyRequest(
            name=self.list, policy=policy, by=self.by), timeout=TIMEOUT_S)
        self.assertEqual(shown.list.policy, policy)
        farther = bytes(b ^ 0xFF for b in pdq[:5]) + pdq[5:]  # 40 bits away
        (met,) = self.ours(self.ask(signals=signal.SignalSet(pdq=[
            signal.PdqView(hash=farther, quality=100)])))
        self.assertEqual(met.tier, verdict.TIER_REVIEW)
        self.assertEqual(met.distance_bits, 40)
        # A client of mode and radius alone: the usual values again.
        usual = self.catalogue.SetListPolicy(service.SetListPolicyRequest(
            name=self.list, policy=catalogue.ListPolicy(
                mode=catalogue.LIST_MODE_ENABLED, pdq_radius_bits=31),
            by=self.by), timeout=TIMEOUT_S).list.policy
        self.assertFalse(usual.HasField("review_radius_bits"))
        self.assertEqual(usual.effort, signal.EFFORT_THOROUGH)
        self.assertEqual(list(usual.stored_views), [
            signal.VIEW_STORED, signal.VIEW_UPRIGHT, signal.VIEW_TRIMMED])

    def test_a_picture_and_a_batch_and_a_stream_get_the_same_verdict(self):
        picture = PICTURE.read_bytes()
        content = match_service.Content(picture=picture)
        one = self.ask(picture=picture)
        batch = self.match.BatchMatch(
            match_service.BatchMatchRequest(contents=[content] * 3),
            timeout=TIMEOUT_S)
        stream = list(self.match.StreamMatch(
            (match_service.StreamMatchRequest(id=str(i), content=content)
             for i in range(3)), timeout=TIMEOUT_S))
        self.assertEqual([r.id for r in stream], ["0", "1", "2"])
        answers = list(batch.answers) + [r.answer for r in stream]
        self.assertEqual(len(answers), 6)
        for answer in answers:
            self.assertEqual(answer.verdict, one.verdict)
            self.assertEqual(list(answer.matches), list(one.matches))

    def test_a_stream_of_a_thousand_keeps_its_order(self):
        known = secrets.token_bytes(16)
        self.add(self.draft(secrets.token_hex(8), md5=known))

        def requests():
            for i in range(1000):
                md5 = known if i % 7 == 0 else secrets.token_bytes(16)
                if i % 11 == 0:
                    md5 = b"short"
                yield match_service.StreamMatchRequest(
                    id=str(i), content=match_service.Content(
                        signals=signal.SignalSet(md5=md5)))

        count = 0
        for i, response in enumerate(
                self.match.StreamMatch(requests(), timeout=TIMEOUT_S)):
            self.assertEqual(response.id, str(i))
            if i % 11 == 0:
                self.assertEqual(response.error.code, 3)
            else:
                self.assertEqual(len(self.ours(response.answer)),
                                 int(i % 7 == 0))
            count += 1
        self.assertEqual(count, 1000)

    def test_an_import_reports_what_became_of_each_record(self):
        records = [
            catalogue_service.ImportRecord(
                position=i + 1,
                draft=self.draft(f"import-{i}", md5=secrets.token_bytes(16)))
            for i in range(2500)]
        records[9] = catalogue_service.ImportRecord(
            position=10, refused="line 10 is no hash")

        def parts(end):
            request = catalogue_service.ImportEntriesRequest
            yield request(header=catalogue_service.ImportHeader(
                list=self.list, by=self.by))
            for i in range(0, len(records), 1000):
                yield request(chunk=catalogue_service.ImportChunk(
                    records=records[i:i + 1000]))
            if end:
                yield request(end=catalogue_service.ImportEnd(
                    record_count=len(records)))

        events = list(self.catalogue.ImportEntries(parts(True),
                                                   timeout=TIMEOUT_S))
        report = events[-1].report
        self.assertEqual((report.read, report.added, report.refused),
                         (2500, 2499, 1))
        self.assertEqual(report.refusals[0].position, 10)
        for event in events[:-1]:
            self.assertTrue(event.HasField("progress"))
        code, _ = code_of(lambda: list(self.catalogue.ImportEntries(
            parts(False), timeout=TIMEOUT_S)))
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)

    def test_bytes_that_are_no_import_are_refused(self):
        service = catalogue_service
        begin = service.ImportEntriesRequest(header=service.ImportHeader(
            list=self.list, by=self.by)).SerializeToString()
        send = self.channel.stream_stream(
            "/kenal.v1.CatalogueService/ImportEntries",
            response_deserializer=service.ImportEntriesResponse.FromString)
        # A length that lies, a tag of no field and wire type, and nothing.
        for bad in (b"\x12\xff\xff\xff\xff\x0fCANARY", b"\xff" * 40, b""):
            for parts in ([bad], [begin, bad]):
                code, text = code_of(
                    lambda: list(send(iter(parts), timeout=TIMEOUT_S)))
                self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT, text)
                self.assertNotIn("CANARY", text)
        self.assertTrue(self.catalogue.ListLists(service.ListListsRequest(),
                                                 timeout=TIMEOUT_S).lists)

    def test_lists_are_shown_and_disabled(self):
        service = catalogue_service
        names = [l.name for l in self.catalogue.ListLists(
            service.ListListsRequest(), timeout=TIMEOUT_S).lists]
        self.assertIn(self.list, names)
        self.assertEqual(names, sorted(names))

        name = "python-" + secrets.token_hex(6)
        create = service.CreateListRequest(
            name=name, purpose=catalogue.PURPOSE_OWN_DECISIONS, by=self.by)
        self.catalogue.CreateList(create, timeout=TIMEOUT_S)
        code, _ = code_of(lambda: self.catalogue.CreateList(
            create, timeout=TIMEOUT_S))
        self.assertEqual(code, grpc.StatusCode.ALREADY_EXISTS)
        self.catalogue.SetListPolicy(service.SetListPolicyRequest(
            name=name, policy=catalogue.ListPolicy(
                mode=catalogue.LIST_MODE_DISABLED, pdq_radius_bits=12),
            by=self.by), timeout=TIMEOUT_S)
        shown = self.catalogue.GetList(service.GetListRequest(name=name),
                                       timeout=TIMEOUT_S).list
        self.assertEqual(shown.policy.mode, catalogue.LIST_MODE_DISABLED)
        self.assertEqual(shown.policy.pdq_radius_bits, 12)
        answer = self.ask(signals=signal.SignalSet(md5=bytes(16)))
        self.assertIn(name, [l.list for l in answer.lists_skipped])

    def test_statistics_and_verification(self):
        stats = self.catalogue.GetStats(catalogue_service.GetStatsRequest(),
                                        timeout=TIMEOUT_S)
        self.assertTrue(stats.store_id)
        self.assertIn(self.list, [l.name for l in stats.lists])
        events = list(self.catalogue.Verify(catalogue_service.VerifyRequest(),
                                            timeout=TIMEOUT_S))
        self.assertTrue(events[-1].HasField("report"))
        self.assertGreater(events[-1].report.head, 0)

    def test_errors_have_their_codes_and_no_bits(self):
        code, text = code_of(lambda: self.ask(
            signals=signal.SignalSet(md5=b"CANARY")))
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("md5", text)
        self.assertNotIn("CANARY", text)
        code, _ = code_of(lambda: self.ask())
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
        code, _ = code_of(lambda: self.ask(limit=0, signals={}))
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
        code, text = code_of(lambda: self.ask(effort=9, signals={}))
        self.assertEqual(code, grpc.StatusCode.INVALID_ARGUMENT)
        self.assertIn("EFFORT_NORMAL", text)
        code, _ = code_of(lambda: self.catalogue.GetList(
            catalogue_service.GetListRequest(name="no-such-list"),
            timeout=TIMEOUT_S))
        self.assertEqual(code, grpc.StatusCode.NOT_FOUND)
        code, _ = code_of(lambda: self.match.Match(
            match_service.MatchRequest(), timeout=TIMEOUT_S,
            compression=grpc.Compression.Gzip))
        self.assertIn(code, (grpc.StatusCode.UNIMPLEMENTED,
                             grpc.StatusCode.INVALID_ARGUMENT))
        code, _ = code_of(lambda: self.ask(picture=bytes(66 << 20)))
        self.assertEqual(code, grpc.StatusCode.RESOURCE_EXHAUSTED)

    def test_the_upload_hook_of_the_api_page_works(self):
        (code,) = re.findall(r"```python\n(.*?)```", API_PAGE.read_text(),
                             re.DOTALL)
        names = {}
        exec(compile(code, str(API_PAGE), "exec"), names)
        known = names["known"]
        self.assertFalse(known(self.channel, PICTURE.read_bytes()))
        self.assertTrue(known(self.channel, b"no picture"))
        with grpc.insecure_channel("unix:/nobody/here") as nobody:
            self.assertTrue(known(nobody, PICTURE.read_bytes()))

    def test_the_examples_of_the_api_page_are_true(self):
        examples = re.findall(r"```json\n(\S+)\n(.*?)```",
                              API_PAGE.read_text(), re.DOTALL)
        self.assertGreater(len(examples), 5)
        for method, text in examples:
            text = text.replace('"demo"', f'"{self.list}-page"')
            request_json, end = json.JSONDecoder().raw_decode(text)
            shown = json.loads(text[end:])
            service, _, name = method.rpartition("/")
            module = (match_service if service.endswith("MatchService")
                      else catalogue_service)
            request = json_format.ParseDict(
                request_json, getattr(module, name + "Request")())
            stub = (self.match if module is match_service
                    else self.catalogue)
            response = getattr(stub, name)(request, timeout=TIMEOUT_S)
            self.assert_holds(json_format.MessageToDict(response), shown,
                              method)

    def assert_holds(self, actual, shown, where):
        """Every field that is shown is there."""
        if isinstance(shown, dict):
            for key, value in shown.items():
                self.assertIn(key, actual, where)
                self.assert_holds(actual[key], value, f"{where}.{key}")
        elif isinstance(shown, list):
            self.assertEqual(len(actual), len(shown), where)
            for a, s in zip(actual, shown):
                self.assert_holds(a, s, where)
        else:
            self.assertEqual(actual, shown, where)

    def raw(self, method, kind="unary_unary"):
        """A method whose messages are bytes: their stubs are not packaged."""
        return getattr(self.channel, kind)(
            method, request_serializer=bytes, response_deserializer=bytes)

    def test_health_is_serving(self):
        check = self.raw("/grpc.health.v1.Health/Check")
        for name in (b"", b"kenal.v1.MatchService",
                     b"kenal.v1.CatalogueService"):
            request = b"\x0a" + bytes([len(name)]) + name  # 1: service
            self.assertEqual(check(request, timeout=TIMEOUT_S),
                             b"\x08\x01")  # 1: SERVING

    def test_reflection_names_the_services(self):
        info = self.raw("/grpc.reflection.v1alpha.ServerReflection/"
                        "ServerReflectionInfo", "stream_stream")
        list_services = b"\x3a\x00"  # 7: list_services
        (answer,) = info(iter([list_services]), timeout=TIMEOUT_S)
        for name in (b"kenal.v1.MatchService", b"kenal.v1.CatalogueService",
                     b"grpc.health.v1.Health"):
            self.assertIn(name, answer)


def main():
    global options, api, catalogue_api
    global catalogue, catalogue_service, explain, match_service, signal
    global verdict
    parser = argparse.ArgumentParser()
    parser.add_argument("stubs")
    parser.add_argument("--server")
    parser.add_argument("--kenal")
    parser.add_argument("--address", default=os.environ.get("KENAL_ADDRESS"))
    options = parser.parse_args()
    sys.path.insert(0, options.stubs)
    from kenal.v1 import catalogue_pb2 as catalogue
    from kenal.v1 import catalogue_service_pb2 as catalogue_service
    from kenal.v1 import catalogue_service_pb2_grpc as catalogue_api
    from kenal.v1 import explain_pb2 as explain
    from kenal.v1 import match_service_pb2 as match_service
    from kenal.v1 import match_service_pb2_grpc as api
    from kenal.v1 import signal_pb2 as signal
    from kenal.v1 import verdict_pb2 as verdict

    with tempfile.TemporaryDirectory() as folder:
        server = None
        if options.server:
            server = subprocess.Popen(
                [options.server, f"unix:{folder}/kenal.sock"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            options.address = server.stdout.readline().strip()
        if options.kenal:
            kenal = [options.kenal, "--json", "--data", f"{folder}/store"]
            subprocess.run(kenal + ["init"], check=True,
                           stdout=subprocess.DEVNULL)
            server = subprocess.Popen(
                kenal + ["serve", "--listen", "127.0.0.1:0",
                         "--insecure-plaintext-tcp", "--log-level", "error"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            ready = json.loads(server.stdout.readline())
            (options.address,) = ready["addresses"]
        if not options.address:
            parser.error(
                "give --server, --kenal, --address or KENAL_ADDRESS")
        result = unittest.main(argv=sys.argv[:1], exit=False,
                               verbosity=2).result
        if server:
            server.stdin.close()
            if options.kenal:
                server.terminate()
            if server.wait(timeout=TIMEOUT_S) != 0:
                sys.exit("the server did not end well")
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
