"""Every method of the contract, asked with Debian's python3-grpcio over
mutual TLS, on stubs made from the proto.

    every_method_python.py --kenal BINARY --stubs FOLDER [--stubs FOLDER]

Fails when a method of the contract was not asked.
"""

import argparse
import secrets
import sys
import time
import unittest

import serving

CLIENTS = """
# SAN                      roles
kenal://client/all         query,investigate,ingest,curate,export,audit,admin
kenal://client/asks        query
kenal://client/looks       investigate
kenal://client/keeps       curate,audit
kenal://client/slow        query         rate=1
"""
TIMEOUT_S = serving.TIMEOUT_S
LIST = "clients"
ours = None      # {client: channel}, set by main
contract = None  # set by main
recorded = set()


def recorder():
    """Notes which methods gave an answer."""
    def note(continuation, details, request):
        call = continuation(details, request)

        def done(ended):
            if ended.code() in (grpc.StatusCode.OK, grpc.StatusCode.CANCELLED):
                recorded.add(details.method.lstrip("/"))
        call.add_done_callback(done)
        return call

    class Recorder(grpc.UnaryUnaryClientInterceptor,
                   grpc.UnaryStreamClientInterceptor,
                   grpc.StreamUnaryClientInterceptor,
                   grpc.StreamStreamClientInterceptor):
        def intercept_unary_unary(self, continuation, details, request):
            return note(continuation, details, request)
        intercept_unary_stream = intercept_unary_unary
        intercept_stream_unary = intercept_unary_unary
        intercept_stream_stream = intercept_unary_unary

    return Recorder()


class Case(unittest.TestCase):
    def setUp(self):
        self.by = cat.Authorship(actor="python", reason="testing")
        self.match = match_grpc.MatchServiceStub(ours["all"])
        self.lists = lists_grpc.CatalogueServiceStub(ours["all"])
        self.operations = operations_grpc.OperationsServiceStub(ours["all"])

    def as_client(self, name):
        return (match_grpc.MatchServiceStub(ours[name]),
                lists_grpc.CatalogueServiceStub(ours[name]))

    def fails(self, code, call):
        with self.assertRaises(grpc.RpcError) as raised:
            call()
        self.assertEqual(raised.exception.code(), code, raised.exception)
        return raised.exception

    def new_list(self, purpose=None, **policy):
        name = "python-" + secrets.token_hex(6)
        if purpose is None:
            purpose = cat.PURPOSE_TEST
        request = lists.CreateListRequest(name=name, purpose=purpose,
                                          by=self.by)
        if policy:
            request.policy.CopyFrom(cat.ListPolicy(
                mode=cat.LIST_MODE_ENABLED,
                **{"pdq_radius_bits": 31, **policy}))
        made = self.lists.CreateList(request, timeout=TIMEOUT_S)
        self.assertEqual(made.list.name, name)
        return name

    def draft(self, source_id, **signals):
        return cat.EntryDraft(
            source_id=source_id, signals=sig.SignalSet(**signals),
            provenance=cat.Provenance(source="python", member="test"),
            classifications=[
                cat.Classification(scheme="demo", raw_value="A1")])

    def add(self, name, *drafts):
        added = self.lists.AddEntries(
            lists.AddEntriesRequest(list=name, drafts=drafts, by=self.by),
            timeout=TIMEOUT_S)
        self.assertEqual({r.outcome for r in added.results},
                         {lists.OUTCOME_ADDED})
        return added

    def add_pdq(self, name, source_id=None):
        """Adds an entry that nothing else meets: its id and PDQ."""
        source_id = source_id or secrets.token_hex(8)
        pdq = secrets.token_bytes(32)
        self.add(name, self.draft(source_id, pdq=[
            sig.PdqView(hash=pdq, quality=100)]))
        return source_id, pdq

    def near(self, pdq, bits=8):
        """A query at a distance of `bits` (a multiple of 8)."""
        flipped = bytes(b ^ 0xFF for b in pdq[:bits // 8])
        return match.Content(signals=sig.SignalSet(pdq=[sig.PdqView(
            hash=flipped + pdq[bits // 8:], quality=100)]))

    def ask(self, content, stub=None, **fields):
        return (stub or self.match).Match(
            match.MatchRequest(content=content, **fields),
            timeout=TIMEOUT_S).answer


class Lists(Case):
    def test_a_list_is_made_shown_and_given_a_policy(self):
        name = self.new_list()
        policy = cat.ListPolicy(
            mode=cat.LIST_MODE_ENABLED, pdq_radius_bits=20,
            review_radius_bits=40, action_label="report", share_permille=999,
            share_seed=7, regions=["ID", "NL"], shadow=cat.SHADOW_MODE_ON,
            effort=sig.EFFORT_NORMAL, stored_views=[sig.VIEW_STORED])
        policy.expires_at.GetCurrentTime()
        policy.expires_at.seconds += 86400
        policy.expires_at.nanos = 0
        changed = self.lists.SetListPolicy(lists.SetListPolicyRequest(
            name=name, policy=policy, by=self.by), timeout=TIMEOUT_S).list
        shown = self.lists.GetList(lists.GetListRequest(name=name),
                                   timeout=TIMEOUT_S).list
        self.assertEqual(changed, shown)
        for field in ("mode", "pdq_radius_bits", "review_radius_bits",
                      "action_label", "share_permille", "share_seed",
                      "regions", "expires_at", "shadow", "effort"):
            self.assertEqual(getattr(shown.policy, field),
                             getattr(policy, field), field)
        everything = self.lists.ListLists(lists.ListListsRequest(),
                                          timeout=TIMEOUT_S).lists
        self.assertIn(shown, list(everything))
        self.assertEqual([l.name for l in everything],
                         sorted(l.name for l in everything))
        self.fails(grpc.StatusCode.NOT_FOUND, lambda: self.lists.GetList(
            lists.GetListRequest(name="no-such-list"), timeout=TIMEOUT_S))
        self.fails(grpc.StatusCode.INVALID_ARGUMENT,
                   lambda: self.new_list(action_label="No Such Label"))

    def test_statistics_and_verification_agree(self):
        self.add_pdq(LIST)
        stats = self.lists.GetStats(lists.GetStatsRequest(),
                                    timeout=TIMEOUT_S)
        self.assertRegex(stats.store_id, r"^[0-9a-f]+$")
        self.assertGreaterEqual(stats.log_head, stats.head)
        self.assertRegex(stats.log_chain, r"^[0-9a-f]{64}$")
        events = list(self.lists.Verify(lists.VerifyRequest(),
                                        timeout=TIMEOUT_S))
        report = events.pop().report
        self.assertEqual(list(report.problems), [])
        self.assertEqual(report.head, stats.head)
        counts = [l.counts for l in stats.lists]
        self.assertEqual(
            report.entry_count,
            sum(c.active + c.disputed + c.withdrawn for c in counts))
        done = [e.progress.rows_done for e in events]
        self.assertTrue(done)
        self.assertEqual(done, sorted(done))
        for event in events:
            self.assertLessEqual(event.progress.rows_done,
                                 event.progress.rows_total)


class Entries(Case):
    def test_an_entry_is_added_met_shown_labelled_and_withdrawn(self):
        name = self.new_list(action_label="block")
        source_id, pdq = self.add_pdq(name)
        content = self.near(pdq)
        answer = self.ask(content)
        (met,) = answer.matches
        self.assertEqual((met.list, met.source_id, met.distance_bits,
                          met.action_label), (name, source_id, 8, "block"))
        self.assertEqual(answer.action_label, "block")
        self.assertIn(name, [v.list for v in answer.list_versions])

        shown = self.lists.GetEntry(lists.GetEntryRequest(
            list=name, reference="source:" + source_id),
            timeout=TIMEOUT_S)
        self.assertEqual(shown.entry.id, met.entry)
        self.assertNotIn(pdq[:8], shown.SerializeToString())

        label = lists.SetNearActionLabelRequest(
            list=name, references=[str(met.entry.serial)], label="review",
            by=self.by)
        (result,) = self.lists.SetNearActionLabel(
            label, timeout=TIMEOUT_S).results
        self.assertEqual(result.id, met.entry)
        after = self.ask(content)
        self.assertEqual(after.action_label, "review")
        self.assertEqual(after.verdict, answer.verdict)

        state = lists.SetEntryStateRequest(
            list=name, references=["source:" + source_id, "source:none"],
            state=cat.ENTRY_STATE_WITHDRAWN, by=self.by)
        outcomes = [r.outcome for r in self.lists.SetEntryState(
            state, timeout=TIMEOUT_S).results]
        self.assertEqual(outcomes, [lists.OUTCOME_STATE_CHANGED,
                                    lists.OUTCOME_UNKNOWN])
        self.assertEqual(len(self.ask(content).matches), 0)

    def test_an_import_of_thousands_reports_each_record(self):
        name = self.new_list()
        records = [lists.ImportRecord(position=i + 1, draft=self.draft(
            f"record-{i}", md5=secrets.token_bytes(16)))
            for i in range(3000)]
        records[41] = lists.ImportRecord(position=42, refused="no hash")
        records[42].draft.signals.md5 = b"short"

        def parts(count):
            part = lists.ImportEntriesRequest
            yield part(header=lists.ImportHeader(list=name, by=self.by))
            for i in range(0, len(records), 500):
                yield part(chunk=lists.ImportChunk(records=records[i:i + 500]))
            yield part(end=lists.ImportEnd(record_count=count))

        events = list(self.lists.ImportEntries(parts(3000),
                                               timeout=TIMEOUT_S))
        report = events.pop().report
        self.assertEqual((report.read, report.added, report.refused),
                         (3000, 2998, 2))
        self.assertEqual([r.position for r in report.refusals], [42, 43])
        for event in events:
            self.assertLessEqual(event.progress.durable, event.progress.read)
        self.fails(grpc.StatusCode.INVALID_ARGUMENT, lambda: list(
            self.lists.ImportEntries(parts(2999), timeout=TIMEOUT_S)))


class Asking(Case):
    def test_one_a_batch_and_a_stream_of_hundreds_say_the_same(self):
        name = self.new_list()
        # Each takes part in half of all answers, the same by every route.
        halves = [self.new_list(share_permille=500) for _ in range(3)]
        known = [self.add_pdq(name)[1] for _ in range(5)]
        contents = [
            self.near(known[i % 5]) if i % 3 == 0
            else self.near(secrets.token_bytes(32)) for i in range(600)]
        contents[7] = match.Content(picture=serving.PICTURE.read_bytes())
        contents[8] = match.Content(picture=b"no picture")
        singles = [self.ask(c) for c in contents[:12]]
        batch = self.match.BatchMatch(
            match.BatchMatchRequest(contents=contents),
            timeout=TIMEOUT_S).answers
        stream = list(self.match.StreamMatch(
            (match.StreamMatchRequest(id=str(i), content=content)
             for i, content in enumerate(contents)), timeout=TIMEOUT_S))
        self.assertEqual([r.id for r in stream],
                         [str(i) for i in range(len(contents))])
        self.assertEqual(len({a.sequence for a in batch}), 1)
        seen = lambda answer: (answer.verdict, list(answer.matches),
                               list(answer.checks),
                               [(s.list, s.reason) for s in
                                answer.lists_skipped if s.list in halves])
        for i, (of_batch, of_stream) in enumerate(zip(batch, stream)):
            self.assertEqual(seen(of_batch), seen(of_stream.answer), i)
            self.assertEqual(len(of_batch.matches), int(i % 3 == 0))
        self.assertEqual([seen(a) for a in singles],
                         [seen(a) for a in batch[:12]])
        self.assertEqual(batch[8].verdict, verdict.VERDICT_UNAVAILABLE)
        self.assertGreater(len({str(seen(a)[3]) for a in batch}), 1)

    def test_a_bad_item_of_a_stream_fails_alone(self):
        asked = [match.Content(), match.Content(signals=sig.SignalSet(
            md5=b"short")), self.near(secrets.token_bytes(32))]
        answers = list(self.match.StreamMatch(
            (match.StreamMatchRequest(id="same", content=content)
             for content in asked), timeout=TIMEOUT_S))
        self.assertEqual([a.error.code for a in answers], [3, 3, 0])
        self.assertTrue(answers[2].HasField("answer"))

    def test_an_answer_is_explained(self):
        source_id, pdq = self.add_pdq(LIST)
        explained = self.match.Explain(match.ExplainRequest(
            content=self.near(pdq, bits=16), list=LIST,
            reference="source:" + source_id), timeout=TIMEOUT_S)
        (pair,) = explained.explanation.views
        self.assertEqual(pair.distance_bits, 16)
        self.assertNotIn(pdq[2:10], explained.SerializeToString())

    # What evasion would learn from: distances, transforms, shadow matches.
    def test_an_outside_caller_is_told_tiers_and_labels_alone(self):
        open_list = self.new_list(action_label="report")
        hidden = self.new_list(shadow=cat.SHADOW_MODE_ON)
        pdq = secrets.token_bytes(32)
        for name in (open_list, hidden):
            self.add(name, self.draft("twin", pdq=[
                sig.PdqView(hash=pdq, quality=100)]))
        asks, _ = self.as_client("asks")
        looks, _ = self.as_client("looks")
        content = self.near(pdq)
        outside = self.ask(content, asks)
        inside = self.ask(content, looks)
        self.assertEqual({m.list: m.shadow for m in inside.matches},
                         {open_list: False, hidden: True})
        (told,) = outside.matches
        self.assertEqual(outside.match_count, 1)
        self.assertEqual(outside.verdict, inside.verdict)
        self.assertEqual(outside.tier, inside.tier)
        self.assertEqual(outside.action_label, "report")
        self.assertLessEqual(
            {field.name for field, _ in told.ListFields()},
            {"list", "purpose", "entry", "signal", "state", "tier",
             "action_label"})
        whole = next(m for m in inside.matches if not m.shadow)
        for field, value in told.ListFields():
            self.assertEqual(value, getattr(whole, field.name))
        self.assertEqual(whole.distance_bits, 8)

        routes = {
            "batch": lambda **f: asks.BatchMatch(match.BatchMatchRequest(
                contents=[content], **f), timeout=TIMEOUT_S).answers[0],
            "stream": lambda **f: next(iter(asks.StreamMatch(iter([
                match.StreamMatchRequest(content=content, **f)]),
                timeout=TIMEOUT_S))).answer}
        for route, answer in routes.items():
            self.assertEqual(list(answer().matches), [told], route)
        for ask in (lambda: self.ask(content, asks, radius_bits=40),
                    lambda: routes["batch"](radius_bits=40)):
            self.fails(grpc.StatusCode.PERMISSION_DENIED, ask)
        (item,) = asks.StreamMatch(iter([match.StreamMatchRequest(
            content=content, radius_bits=40)]), timeout=TIMEOUT_S)
        self.assertEqual(item.error.code,
                         grpc.StatusCode.PERMISSION_DENIED.value[0])
        self.assertEqual(
            len(self.ask(content, looks, radius_bits=7).matches), 0)

    def test_a_used_up_quota_says_when_to_ask_again(self):
        slow, _ = self.as_client("slow")
        content = self.near(secrets.token_bytes(32))
        error = None
        for _ in range(50):
            try:
                self.ask(content, slow)
            except grpc.RpcError as refused:
                error = refused
                break
        self.assertIsNotNone(error, "a rate of 1 a second refused nothing")
        self.assertEqual(error.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        end = time.monotonic() + TIMEOUT_S
        while error is not None:
            self.assertLess(time.monotonic(), end)
            pause_ms = int(dict(error.trailing_metadata())[
                "grpc-retry-pushback-ms"])
            self.assertGreater(pause_ms, 0)
            self.assertLessEqual(pause_ms, 60_000)
            time.sleep(pause_ms / 1000)
            try:
                self.ask(content, slow)
                error = None
            except grpc.RpcError as refused:
                error = refused
        # Others are not held up by it.
        self.ask(content)


class Changes(Case):
    def flat(self, changes):
        """One line an entry, whatever the pages."""
        found = []
        for change in changes:
            for entry in change.entries:
                found.append((change.sequence, change.kind, change.list,
                              entry.id.serial, entry.state,
                              entry.near_action_label))
            if not change.entries:
                found.append((change.sequence, change.kind, change.list))
        return found

    def read_all(self, stub, after=None, entries_max=None, **fields):
        changes, pages = [], 0
        while True:
            page = stub.ReadChanges(lists.ReadChangesRequest(
                after=after, entries_max=entries_max, **fields),
                timeout=TIMEOUT_S)
            changes += page.changes
            after = page.next
            pages += 1
            if page.caught_up:
                return changes, after, pages

    def watch_until_caught_up(self, after=None, **fields):
        call = self.lists.WatchChanges(
            lists.WatchChangesRequest(after=after, **fields),
            timeout=TIMEOUT_S)
        changes = []
        for response in call:
            changes += response.changes
            if response.caught_up:
                call.cancel()
                return changes, response.next
        self.fail("the stream ended before it had caught up")

    def test_pages_and_a_watch_tell_the_same(self):
        name = self.new_list()
        self.add(name, *(self.draft(f"entry-{i}", md5=secrets.token_bytes(16))
                         for i in range(300)))
        everything, end, _ = self.read_all(self.lists)
        small, same_end, pages = self.read_all(self.lists, entries_max=70)
        self.assertGreater(pages, 4)
        self.assertEqual(self.flat(small), self.flat(everything))
        self.assertEqual(same_end.sequence, end.sequence)
        self.assertEqual(
            sum(c.list == name and c.kind == lists.CHANGE_KIND_ENTRIES_PUT
                and len(c.entries) for c in everything), 300)
        watched, _ = self.watch_until_caught_up(entries_max=70)
        self.assertEqual(self.flat(watched), self.flat(everything))
        # From the middle of the long change.
        first = self.lists.ReadChanges(lists.ReadChangesRequest(
            after=lists.ChangeCursor(sequence=end.sequence - 1),
            entries_max=100), timeout=TIMEOUT_S)
        self.assertFalse(first.caught_up)
        self.assertEqual(first.next.entry_count, 100)
        rest, _ = self.watch_until_caught_up(first.next)
        self.assertEqual(self.flat(rest), self.flat(everything)[-200:])
        foreign = lists.ChangeCursor(store_id="ab" * 16, sequence=1)
        self.fails(grpc.StatusCode.OUT_OF_RANGE,
                   lambda: self.read_all(self.lists, foreign))

    def test_a_watch_that_broke_goes_on_where_it_was(self):
        name = self.new_list()
        _, start, _ = self.read_all(self.lists)
        call = self.lists.WatchChanges(
            lists.WatchChangesRequest(after=start), timeout=TIMEOUT_S)
        caught_up = next(call)
        self.assertTrue(caught_up.caught_up)
        self.assertEqual(len(caught_up.changes), 0)
        self.add_pdq(name, "first")
        seen, cursor = [], None
        for response in call:
            seen += self.flat(response.changes)
            cursor = response.next
            if seen:
                break
        call.cancel()
        self.assertEqual([line[:3] for line in seen], [
            (start.sequence + 1, lists.CHANGE_KIND_ENTRIES_PUT, name)])
        self.add_pdq(name, "second")
        missed, _ = self.watch_until_caught_up(cursor)
        both, _, _ = self.read_all(self.lists, start)
        self.assertEqual(seen + self.flat(missed), self.flat(both))

    def test_only_who_may_export_is_given_hashes(self):
        source_id, pdq = self.add_pdq(self.new_list())
        changes, end, _ = self.read_all(self.lists, with_signals=True)
        given = {e.source_id: e.signals for c in changes for e in c.entries}
        self.assertEqual(given[source_id].pdq[0].hash, pdq)
        without, _, _ = self.read_all(self.lists)
        for change in without:
            self.assertFalse(any(e.HasField("signals")
                                 for e in change.entries))
        self.assertNotIn(pdq, b"".join(
            c.SerializeToString() for c in without))
        _, keeps = self.as_client("keeps")
        self.fails(grpc.StatusCode.PERMISSION_DENIED, lambda: self.read_all(
            keeps, with_signals=True))
        self.fails(grpc.StatusCode.PERMISSION_DENIED,
                   lambda: next(keeps.WatchChanges(
                       lists.WatchChangesRequest(with_signals=True),
                       timeout=TIMEOUT_S)))
        _, asks = self.as_client("asks")
        for change in self.read_all(asks)[0]:
            self.assertFalse(change.HasField("policy"))
            self.assertEqual({e.source_id for e in change.entries} - {""},
                             set())


    def test_pages_of_entries_tell_every_one_of_them_once(self):
        name = self.new_list()
        added = dict(self.add_pdq(name) for _ in range(5))
        request = lists.ReadEntriesRequest(list=name, entries_max=2)
        seen, pages = {}, 0
        while True:
            page = self.lists.ReadEntries(request, timeout=TIMEOUT_S)
            for listed in page.entries:
                self.assertFalse(listed.HasField("secrets"))
                self.assertNotIn(listed.entry.source_id, seen)
                seen[listed.entry.source_id] = listed
            pages += 1
            if page.at_end:
                break
            request.after_serial = page.last_serial
        self.assertEqual(set(seen), set(added))
        self.assertGreaterEqual(pages, 3)
        whole = self.lists.ReadEntries(lists.ReadEntriesRequest(
            list=name, with_secrets=True), timeout=TIMEOUT_S)
        self.assertEqual({e.entry.source_id: e.secrets.signals.pdq[0].hash
                          for e in whole.entries}, added)
        _, keeps = self.as_client("keeps")
        self.fails(grpc.StatusCode.PERMISSION_DENIED,
                   lambda: keeps.ReadEntries(lists.ReadEntriesRequest(
                       list=name, with_secrets=True), timeout=TIMEOUT_S))


class Watching(Case):
    def test_a_caller_learns_who_it_is(self):
        whole = self.operations.WhoAmI(operations.WhoAmIRequest(),
                                       timeout=TIMEOUT_S)
        self.assertEqual(whole.name, "kenal://client/all")
        self.assertEqual(set(whole.roles), set(serving.ROLES))
        self.assertEqual(set(whole.methods_allowed),
                         {m.replace("/", ".") for m in contract})
        asks = operations_grpc.OperationsServiceStub(ours["asks"]).WhoAmI(
            operations.WhoAmIRequest(), timeout=TIMEOUT_S)
        self.assertEqual(list(asks.roles), ["query"])
        self.assertIn("kenal.v1.MatchService.Match", asks.methods_allowed)
        self.assertNotIn("kenal.v1.MatchService.Explain",
                         asks.methods_allowed)

    def test_a_backup_is_made_while_the_server_serves(self):
        self.add_pdq(LIST)
        stats = self.lists.GetStats(lists.GetStatsRequest(),
                                    timeout=TIMEOUT_S)
        events = list(self.operations.CreateBackup(
            operations.CreateBackupRequest(), timeout=TIMEOUT_S))
        report = events.pop().report
        self.assertGreaterEqual(report.number, 1)
        self.assertEqual(report.store_id, stats.store_id)
        self.assertGreaterEqual(report.sequence, stats.head)
        self.assertGreater(report.size_bytes, 0)
        self.assertTrue(report.HasField("made_at"))
        for event in events:
            self.assertLessEqual(event.progress.bytes_done,
                                 event.progress.bytes_total)
        self.fails(grpc.StatusCode.PERMISSION_DENIED, lambda: list(
            operations_grpc.OperationsServiceStub(ours["keeps"]).CreateBackup(
                operations.CreateBackupRequest(), timeout=TIMEOUT_S)))

    def test_metrics_count_what_was_asked(self):
        before = self.page()
        for _ in range(7):
            self.ask(self.near(secrets.token_bytes(32)))
        after = self.page()
        grown = [name for name, value in after.items()
                 if "Match" in name and value - before.get(name, 0) >= 7]
        self.assertTrue(grown, after)

    def page(self):
        text = self.operations.GetMetrics(
            operations.GetMetricsRequest(),
            timeout=TIMEOUT_S).prometheus_text
        samples = {}
        for line in text.splitlines():
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                self.assertTrue(name.startswith("kenal_"), line)
                samples[name] = float(value)
        return samples

    def test_health_is_serving_for_all_services(self):
        stub = health_grpc.HealthStub(ours["asks"])
        names = {m.service for m in contract.values()} | {""}
        for name in names:
            answer = stub.Check(health.HealthCheckRequest(service=name),
                                timeout=TIMEOUT_S)
            self.assertEqual(answer.status,
                             health.HealthCheckResponse.SERVING, name)
        self.fails(grpc.StatusCode.NOT_FOUND, lambda: stub.Check(
            health.HealthCheckRequest(service="no.such"), timeout=TIMEOUT_S))
        watch = stub.Watch(health.HealthCheckRequest(), timeout=TIMEOUT_S)
        self.assertEqual(next(watch).status,
                         health.HealthCheckResponse.SERVING)
        watch.cancel()

    # The server's own word on the contract, file by file.
    def test_reflection_describes_the_contract(self):
        stub = reflection_grpc.ServerReflectionStub(ours["asks"])

        def reflect(**request):
            (answer,) = stub.ServerReflectionInfo(
                iter([reflection.ServerReflectionRequest(**request)]),
                timeout=TIMEOUT_S)
            return answer
        named = {s.name for s in reflect(
            list_services="*").list_services_response.service}
        services = {m.service for m in contract.values()}
        self.assertEqual(named, services | {
            "grpc.health.v1.Health",
            "grpc.reflection.v1alpha.ServerReflection"})
        found = set()
        for service in services:
            answer = reflect(file_containing_symbol=service)
            for raw in answer.file_descriptor_response.file_descriptor_proto:
                file = descriptor_pb2.FileDescriptorProto.FromString(raw)
                found |= {f"{file.package}.{s.name}/{m.name}"
                          for s in file.service for m in s.method}
        self.assertEqual(found, set(contract))


def bind_stubs():
    global grpc, descriptor_pb2, cat, lists, lists_grpc, match, match_grpc
    global operations, operations_grpc, sig, verdict, health, health_grpc
    global reflection, reflection_grpc
    import grpc
    from google.protobuf import descriptor_pb2
    from kenal.v1 import catalogue_pb2 as cat
    from kenal.v1 import catalogue_service_pb2 as lists
    from kenal.v1 import catalogue_service_pb2_grpc as lists_grpc
    from kenal.v1 import match_service_pb2 as match
    from kenal.v1 import match_service_pb2_grpc as match_grpc
    from kenal.v1 import operations_service_pb2 as operations
    from kenal.v1 import operations_service_pb2_grpc as operations_grpc
    from kenal.v1 import signal_pb2 as sig
    from kenal.v1 import verdict_pb2 as verdict
    from standard import health_pb2 as health
    from standard import health_pb2_grpc as health_grpc
    from standard import reflection_pb2 as reflection
    from standard import reflection_pb2_grpc as reflection_grpc


def main():
    global ours, contract
    parser = argparse.ArgumentParser()
    serving.add_options(parser)
    options = parser.parse_args()
    serving.load(options)
    bind_stubs()
    contract = serving.methods(options)
    with serving.Folder() as folder:
        authority = serving.Authority(folder / "tls")
        server = authority.issue("server", ["DNS:localhost", "IP:127.0.0.1"])
        table = folder / "clients.txt"
        table.write_text(CLIENTS)
        names = [line.split()[0].rpartition("/")[2]
                 for line in CLIENTS.splitlines() if line.startswith("kenal:")]
        tls = {name: authority.issue(name, [f"URI:kenal://client/{name}"])
               for name in names}
        with serving.Served(
                options.kenal, folder / "store", [(LIST, "test")],
                ["--listen", "localhost:0",
                 *serving.tls_flags(server, authority, table)]) as served:
            (address,) = served.addresses
            ours = {name: grpc.intercept_channel(
                serving.channel(address, files, authority), recorder())
                for name, files in tls.items()}
            result = unittest.main(argv=sys.argv[:1], exit=False,
                                   verbosity=2).result
            for channel in ours.values():
                channel.close()
            if not result.wasSuccessful():
                sys.stderr.write(served.log())
    unasked = sorted(set(contract) - recorded)
    if unasked:
        print("methods of the contract that nothing asked:", *unasked)
    sys.exit(not result.wasSuccessful() or bool(unasked))


if __name__ == "__main__":
    main()
