// Every method of the contract, asked with @grpc/grpc-js on stubs that
// @grpc/proto-loader makes from the proto. Started by every_method_node.py.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const {setTimeout: sleep} = require('node:timers/promises');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const given = JSON.parse(process.argv[2]);
const TIMEOUT_MS = 120_000;
const BY = {actor: 'node', reason: 'testing'};
const answered = new Set();

const definition = protoLoader.loadSync([
  'kenal/v1/match_service.proto', 'kenal/v1/catalogue_service.proto',
  'kenal/v1/operations_service.proto', 'standard/health.proto',
  'standard/reflection.proto',
], {includeDirs: given.proto, keepCase: true, longs: Number, enums: String,
    defaults: true, oneofs: true});
const {kenal, grpc: standard} = grpc.loadPackageDefinition(definition);
const {MatchService, CatalogueService, OperationsService} = kenal.v1;

const credentialsOf = (name) => grpc.credentials.createSsl(
  ...['ca.pem', `${name}.key`, `${name}.pem`].map(
    (file) => fs.readFileSync(path.join(given.tls, file))));

const clients = [];
function connect(Service, name) {
  const client = new Service(given.address, credentialsOf(name),
                             {'grpc.enable_http_proxy': 0});
  clients.push(client);
  return client;
}

const deadline = () => ({deadline: Date.now() + TIMEOUT_MS});

function note(client, method) {
  answered.add(client[method].path.slice(1));
}

// A unary call, as a promise.
function call(client, method, request = {}) {
  return new Promise((resolve, reject) => {
    client[method](request, deadline(), (error, response) => {
      if (error) return reject(error);
      note(client, method);
      resolve(response);
    });
  });
}

// A method that streams responses; `requests` for one that streams those too.
// Ends it when `until` says so of what came.
async function stream(client, method, request, {requests, until} = {}) {
  const ends = requests ? client[method](deadline())
                        : client[method](request, deadline());
  if (requests) {
    void (async () => {
      for (const each of requests) {
        if (!ends.write(each)) {
          await new Promise((resume) => ends.once('drain', resume));
        }
      }
      ends.end();
    })();
  }
  const responses = [];
  for await (const response of ends) {
    responses.push(response);
    if (until?.(response)) {
      ends.on('error', () => {});  // Says that it was cancelled.
      ends.cancel();
      break;
    }
  }
  note(client, method);
  return responses;
}

async function failsWith(code, promise) {
  let error;
  await promise.then(() => {}, (caught) => { error = caught; });
  assert.ok(error, `a call did not fail with ${grpc.status[code]}`);
  assert.equal(grpc.status[error.code], grpc.status[code], error.message);
  return error;
}

const match = connect(MatchService, 'all');
const lists = connect(CatalogueService, 'all');
const operations = connect(OperationsService, 'all');

async function newList(policy = {}) {
  const name = 'node-' + crypto.randomBytes(6).toString('hex');
  const {list} = await call(lists, 'CreateList', {
    name, purpose: 'PURPOSE_TEST', by: BY,
    policy: {mode: 'LIST_MODE_ENABLED', pdq_radius_bits: 31, ...policy}});
  assert.equal(list.name, name);
  assert.equal(list.policy.pdq_radius_bits, 31);
  return name;
}

const draft = (source_id, signals) => ({
  source_id, signals, provenance: {source: 'node', member: 'test'},
  classifications: [{scheme: 'demo', raw_value: 'A1'}]});

async function addPdq(list) {
  const hash = crypto.randomBytes(32);
  const source_id = crypto.randomBytes(8).toString('hex');
  const {results: [{outcome, id}]} = await call(lists, 'AddEntries', {
    list, by: BY, drafts: [draft(source_id, {pdq: [{hash, quality: 100}]})]});
  assert.equal(outcome, 'OUTCOME_ADDED');
  return {hash, source_id, id};
}

// A query eight bits away.
function near(hash) {
  const farther = Buffer.from(hash);
  farther[0] ^= 0xff;
  return {signals: {pdq: [{hash: farther, quality: 100}]}};
}

const nobody = () => near(crypto.randomBytes(32));

const tests = {
  async 'lists and policies'() {
    const name = await newList();
    const policy = {
      mode: 'LIST_MODE_ENABLED', pdq_radius_bits: 20, review_radius_bits: 40,
      action_label: 'report', shadow: 'SHADOW_MODE_ON', regions: ['ID']};
    await call(lists, 'SetListPolicy', {name, policy, by: BY});
    const {list} = await call(lists, 'GetList', {name});
    for (const [field, value] of Object.entries(policy)) {
      assert.deepEqual(list.policy[field], value, field);
    }
    const all = await call(lists, 'ListLists');
    assert.deepEqual(all.lists.find((one) => one.name === name), list);
    await failsWith(grpc.status.ALREADY_EXISTS, call(lists, 'CreateList', {
      name, purpose: 'PURPOSE_TEST', by: BY}));
  },

  async 'entries: added, met, explained, labelled, withdrawn'() {
    const list = await newList({action_label: 'block'});
    const {hash, source_id, id} = await addPdq(list);
    const ask = async () =>
      (await call(match, 'Match', {content: near(hash)})).answer;
    const before = await ask();
    assert.equal(before.verdict, 'VERDICT_TEST');
    assert.equal(before.action_label, 'block');
    assert.equal(before.matches[0].distance_bits, 8);
    assert.deepEqual(before.matches[0].entry, id);
    const reference = `source:${source_id}`;
    const {explanation} = await call(match, 'Explain', {
      content: near(hash), list, reference});
    assert.equal(explanation.views[0].distance_bits, 8);
    const {entry} = await call(lists, 'GetEntry', {list, reference});
    assert.equal(entry.provenance.source, 'node');
    await call(lists, 'SetNearActionLabel', {
      list, references: [String(id.serial)], label: 'review', by: BY});
    const after = await ask();
    assert.equal(after.action_label, 'review');
    assert.equal(after.verdict, before.verdict);
    const {results} = await call(lists, 'SetEntryState', {
      list, references: [reference], state: 'ENTRY_STATE_WITHDRAWN', by: BY});
    assert.equal(results[0].outcome, 'OUTCOME_STATE_CHANGED');
    assert.equal((await ask()).matches.length, 0);
  },

  async 'a picture, a batch and a stream of hundreds say the same'() {
    const list = await newList();
    const known = await addPdq(list);
    const contents = Array.from({length: 500}, (_, i) =>
      i % 3 === 0 ? near(known.hash) : nobody());
    contents[7] = {picture: fs.readFileSync(given.picture)};
    contents[8] = {picture: Buffer.from('no picture')};
    const {answers} = await call(match, 'BatchMatch', {contents});
    const items = contents.map((content, i) => ({id: String(i), content}));
    items.push({id: 'bad', content: {signals: {md5: Buffer.from('short')}}});
    const responses = await stream(match, 'StreamMatch', null,
                                   {requests: items});
    assert.deepEqual(responses.map((one) => one.id),
                     items.map((one) => one.id));
    assert.equal(responses.pop().error.code, grpc.status.INVALID_ARGUMENT);
    answers.forEach((answer, i) => {
      const streamed = responses[i].answer;
      assert.equal(streamed.verdict, answer.verdict);
      assert.deepEqual(streamed.matches, answer.matches);
      assert.equal(answer.matches.length, Number(i % 3 === 0));
    });
    for (const i of [0, 1, 7, 8]) {
      const {answer} = await call(match, 'Match', {content: contents[i]});
      assert.equal(answer.verdict, answers[i].verdict);
      assert.deepEqual(answer.matches, answers[i].matches);
    }
    assert.equal(answers[8].verdict, 'VERDICT_UNAVAILABLE');
  },

  async 'an import reports each record'() {
    const list = await newList();
    const records = Array.from({length: 2500}, (_, i) => ({
      position: i + 1,
      draft: draft(`record-${i}`, {md5: crypto.randomBytes(16)})}));
    records[41] = {position: 42, refused: 'no hash'};
    const requests = [{header: {list, by: BY}}];
    for (let i = 0; i < records.length; i += 500) {
      requests.push({chunk: {records: records.slice(i, i + 500)}});
    }
    requests.push({end: {record_count: records.length}});
    const events = await stream(lists, 'ImportEntries', null, {requests});
    const {report} = events.pop();
    assert.deepEqual([report.read, report.added, report.refused],
                     [2500, 2499, 1]);
    assert.deepEqual(report.refusals.map((one) => one.position), [42]);
    for (const {progress} of events) {
      assert.ok(progress.durable <= progress.read);
    }
  },

  async 'statistics and verification agree'() {
    await addPdq(await newList());
    const stats = await call(lists, 'GetStats');
    const events = await stream(lists, 'Verify', {});
    const {report} = events.pop();
    assert.deepEqual(report.problems, []);
    assert.equal(report.head, stats.head);
    assert.ok(events.length > 0);
    for (const {progress} of events) {
      assert.ok(progress.rows_done <= progress.rows_total);
    }
  },

  async 'a backup is made while the server serves'() {
    await addPdq(await newList());
    const stats = await call(lists, 'GetStats');
    const events = await stream(operations, 'CreateBackup', {});
    const {report} = events.pop();
    assert.equal(report.store_id, stats.store_id);
    assert.ok(BigInt(report.sequence) >= BigInt(stats.head));
    for (const {progress} of events) {
      assert.ok(BigInt(progress.bytes_done) <= BigInt(progress.bytes_total));
    }
  },

  async 'changes: read, watched, resumed, with hashes for who may'() {
    const list = await newList();
    const {next: start} = await readAll({});
    const first = await addPdq(list);
    const caughtUp = {until: (response) => response.caught_up};
    const heard = await stream(lists, 'WatchChanges', {after: start},
                               caughtUp);
    const second = await addPdq(list);
    const rest = await stream(
      lists, 'WatchChanges',
      {after: heard.at(-1).next, with_signals: true}, caughtUp);
    const idsOf = (responses) => responses.flatMap((response) =>
      response.changes.flatMap((change) =>
        change.entries.map((entry) => entry.source_id)));
    assert.deepEqual(idsOf(heard), [first.source_id]);
    assert.deepEqual(idsOf(rest), [second.source_id]);
    const {changes} = await readAll({after: start});
    assert.deepEqual(idsOf([{changes}]), [first.source_id, second.source_id]);
    const signals = rest.flatMap((response) => response.changes)
      .flatMap((change) => change.entries)[0].signals;
    assert.deepEqual(signals.pdq[0].hash, second.hash);
    await failsWith(grpc.status.PERMISSION_DENIED, call(
      connect(CatalogueService, 'asks'), 'ReadChanges', {with_signals: true}));
    await failsWith(grpc.status.OUT_OF_RANGE, call(lists, 'ReadChanges', {
      after: {store_id: 'ab'.repeat(16), sequence: 1}}));
  },

  async 'pages of entries tell each once, with hashes for who may'() {
    const list = await newList();
    const added = [await addPdq(list), await addPdq(list), await addPdq(list)];
    const seen = [];
    for (let after_serial = 0; ;) {
      const page = await call(lists, 'ReadEntries', {
        list, after_serial, entries_max: 2, with_secrets: true});
      seen.push(...page.entries);
      after_serial = page.last_serial;
      if (page.at_end) break;
    }
    assert.deepEqual(seen.map(({entry}) => entry.source_id),
                     added.map(({source_id}) => source_id));
    assert.deepEqual(seen[1].secrets.signals.pdq[0].hash, added[1].hash);
    await failsWith(grpc.status.PERMISSION_DENIED, call(
      connect(CatalogueService, 'asks'), 'ReadEntries',
      {list, with_secrets: true}));
  },

  async 'an outside caller is told no distance'() {
    const list = await newList({action_label: 'report'});
    const {hash} = await addPdq(list);
    const asks = connect(MatchService, 'asks');
    const {answer} = await call(asks, 'Match', {content: near(hash)});
    const [met] = answer.matches;
    assert.equal(met.action_label, 'report');
    assert.equal(met.tier, 'TIER_MATCH');
    assert.equal(met.distance_bits, undefined);
    assert.equal(met.transform, null);
    assert.equal(met.source_id, '');
    assert.equal(met.provenance, null);
    await failsWith(grpc.status.PERMISSION_DENIED, call(asks, 'Match', {
      content: near(hash), radius_bits: 60}));
    await failsWith(grpc.status.PERMISSION_DENIED, call(asks, 'Explain', {
      content: near(hash), list, reference: '1'}));
  },

  async 'a used-up quota says when to ask again'() {
    const slow = connect(MatchService, 'slow');
    const ask = () => call(slow, 'Match', {content: nobody()}).then(
      () => undefined, (error) => error);
    let error;
    for (let i = 0; i < 50 && !error; i++) error = await ask();
    assert.equal(error?.code, grpc.status.RESOURCE_EXHAUSTED);
    const end = Date.now() + TIMEOUT_MS;
    while (error) {
      assert.ok(Date.now() < end);
      const [pause] = error.metadata.get('grpc-retry-pushback-ms');
      assert.ok(Number(pause) > 0, `pushback ${pause}`);
      await sleep(Number(pause));
      error = await ask();
    }
  },

  async 'the server itself: who I am, metrics, health, reflection'() {
    const who = await call(operations, 'WhoAmI');
    assert.equal(who.name, 'kenal://client/all');
    assert.deepEqual([...who.methods_allowed].sort(),
                     given.methods.map((one) => one.replace('/', '.')).sort());
    const {prometheus_text: page} = await call(operations, 'GetMetrics');
    assert.match(page, /^kenal_/m);
    const health = connect(standard.health.v1.Health, 'asks');
    for (const service of ['', 'kenal.v1.MatchService']) {
      const {status} = await call(health, 'Check', {service});
      assert.equal(status, 'SERVING');
    }
    const reflection = connect(
      standard.reflection.v1alpha.ServerReflection, 'asks');
    const [answer] = await stream(
      reflection, 'ServerReflectionInfo', null,
      {requests: [{list_services: '*'}]});
    const named = answer.list_services_response.service.map((s) => s.name);
    for (const method of given.methods) {
      assert.ok(named.includes(method.split('/')[0]), method);
    }
  },
};

async function readAll(request) {
  const changes = [];
  for (let after = request.after; ;) {
    const page = await call(lists, 'ReadChanges', {...request, after});
    changes.push(...page.changes);
    after = page.next;
    if (page.caught_up) return {changes, next: after};
  }
}

async function main() {
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      console.log(`ok      ${name}`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${name}\n${error.stack}`);
    }
  }
  const unasked = given.methods.filter((method) => !answered.has(method));
  if (unasked.length > 0) {
    failed++;
    console.log(`methods of the contract that nothing asked: ${unasked}`);
  }
  for (const client of clients) client.close();
  process.exitCode = failed > 0 ? 1 : 0;
}

main();
