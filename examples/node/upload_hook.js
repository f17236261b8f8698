#!/usr/bin/env node
// An upload hook: asks Kenal about a picture before a platform accepts it.
//
// POST /upload with the bytes of the picture answers, as JSON and by status:
//
//   200 accept  nothing known was met
//   403 block   a listed picture; keep it away and follow your own procedure
//   202 hold    not decided: with Retry-After when asking again may help, and
//               without it when a person has to look
//
// Whatever goes wrong ends in hold: a check that failed is no pass. Nothing
// is written to disk, and the log holds no picture, hash or file name.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const {setTimeout: sleep} = require('node:timers/promises');
const {parseArgs} = require('node:util');
const grpc = require('@grpc/grpc-js');
const protoLoader = require('@grpc/proto-loader');

const PICTURE_BYTES_MAX = 64 << 20;  // Kenal takes no more.
const BUDGET_MS = 10_000;            // For one upload, every attempt included.
const ATTEMPTS_MAX = 4;
const RETRY_AFTER_S = 30;  // What a held upload is told.
const UPLOADS_MAX = 32;    // At once: each holds its picture in memory.

// What the labels of your lists (`kenal list set --action-label`) mean
// here. A label that is not in this table holds the upload.
const ACTIONS = new Map([
  ['block', 'block'], ['report', 'block'], ['hold', 'hold'],
  ['review', 'hold'], ['allow', 'accept'],
]);
// May work at another time. All others are mistakes of the set-up.
const PASSING = new Set([
  grpc.status.RESOURCE_EXHAUSTED, grpc.status.UNAVAILABLE,
  grpc.status.DEADLINE_EXCEEDED,
]);

// What to do about one match.
function actionOf(met) {
  if (met.purpose === 'PURPOSE_TEST') {  // A drill goes all the way.
    return ACTIONS.get(met.action_label || 'allow') ?? 'hold';
  }
  const action = ACTIONS.get(met.action_label);
  if (met.signal !== 'SIGNAL_TYPE_PDQ') {
    // No label lets the very same bytes through.
    return action === 'hold' ? 'hold' : 'block';
  }
  if (met.tier === 'TIER_REVIEW' && action === 'block') return 'hold';
  return action ?? 'hold';
}

const COUNTED = new Map([
  ['VERDICT_TEST', 'PURPOSE_TEST'], ['VERDICT_EXACT', 'PURPOSE_CHILD_ABUSE'],
  ['VERDICT_NEAR', 'PURPOSE_CHILD_ABUSE'],
]);

// From Kenal's answer to {decision: accept, block or hold; why}.
function decide(answer) {
  const why = String(answer.verdict).replace('VERDICT_', '');
  if (answer.verdict === 'VERDICT_NO_KNOWN_MATCH') {
    return {decision: 'accept', why};
  }
  const counted = COUNTED.get(answer.verdict);
  // UNAVAILABLE, and verdicts of a later version.
  if (!counted) return {decision: 'hold', why};
  // The strictest of all that was met, so that a lenient label of one entry
  // hides no other.
  const actions = new Set(answer.matches
    .filter((met) => met.purpose === counted && !met.shadow).map(actionOf));
  if (answer.truncated || actions.size === 0) actions.add('hold');
  const decision = ['block', 'hold', 'accept'].find((a) => actions.has(a));
  return {decision, why};
}

// Milliseconds to wait: what the server asks for, or ever longer.
function pauseBeforeNext(error, attempt) {
  const [asked] = error.metadata?.get('grpc-retry-pushback-ms') ?? [];
  if (asked !== undefined) return Math.max(0, Number(asked));
  return (0.5 + Math.random() / 2) * 100 * 2 ** attempt;
}

// The stub is made from the .proto files when the program starts.
function connect(given) {
  const definition = protoLoader.loadSync('kenal/v1/match_service.proto', {
    includeDirs: [given.proto], keepCase: true, longs: String, enums: String,
    defaults: true, oneofs: true,
  });
  const {MatchService} = grpc.loadPackageDefinition(definition).kenal.v1;
  const credentials = grpc.credentials.createSsl(
    fs.readFileSync(path.join(path.dirname(given.tls), 'ca.pem')),
    fs.readFileSync(given.tls + '.key'), fs.readFileSync(given.tls + '.pem'));
  const options = {
    'grpc.enable_http_proxy': 0, 'grpc.max_reconnect_backoff_ms': 2000,
  };
  if (given['tls-name']) {
    options['grpc.ssl_target_name_override'] = given['tls-name'];
  }
  // One client, and so one channel, for the whole process: it reconnects by
  // itself.
  return new MatchService(given.server, credentials, options);
}

function match(client, request, deadline) {
  return new Promise((resolve, reject) => {
    // The deadline travels along: Kenal drops what nobody waits for any more.
    client.Match(request, {deadline}, (error, response) =>
      error ? reject(error) : resolve(response));
  });
}

// {decision, why, againS: seconds before asking again may help, or unset}.
async function ask(client, picture, requestId) {
  const request = {content: {picture}, request_id: requestId};
  const end = Date.now() + BUDGET_MS;
  for (let attempt = 0; ; attempt++) {
    try {
      return decide((await match(client, request, end)).answer);
    } catch (error) {
      const why = grpc.status[error.code] ?? 'INTERNAL';
      if (!PASSING.has(error.code)) {
        console.log(`${requestId} ${why}: ${error.details ?? error.message}`);
        return {decision: 'hold', why};
      }
      const pause = pauseBeforeNext(error, attempt);
      if (attempt + 1 === ATTEMPTS_MAX || Date.now() + pause >= end) {
        const againS = Math.max(RETRY_AFTER_S, Math.ceil(pause / 1000));
        return {decision: 'hold', why, againS};
      }
      await sleep(pause);
    }
  }
}

async function readBody(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

let uploads = 0;

// What to answer: {status, decision, why, againS}.
async function upload(client, request, requestId) {
  const refuse = (status, why, againS) =>
    ({status, decision: 'hold', why, againS, close: true});
  const size = request.headers['content-length'] ?? '';
  if (request.method !== 'POST' || request.url !== '/upload') {
    return refuse(404, 'POST /upload');
  }
  // With a length Node's parser keeps the client to it.
  if (!/^[0-9]{1,12}$/.test(size)) {
    return refuse(411, 'Content-Length is needed');
  }
  if (Number(size) > PICTURE_BYTES_MAX) {
    return refuse(413, `at most ${PICTURE_BYTES_MAX} bytes`);
  }
  if (uploads >= UPLOADS_MAX) return refuse(503, 'busy', 1);
  uploads++;
  try {
    const found = await ask(client, await readBody(request), requestId);
    const status = {accept: 200, block: 403, hold: 202}[found.decision];
    return {status, ...found};
  } finally {
    uploads--;
  }
}

async function handle(client, request, response) {
  const given = request.headers['x-request-id'] ?? '';
  const requestId =
    /^[!-~]{1,64}$/.test(given) ? given : crypto.randomUUID();
  let answer;
  try {
    answer = await upload(client, request, requestId);
  } catch (error) {  // The upload broke off: nobody reads this.
    answer = {status: 400, decision: 'hold', why: error.message, close: true};
  }
  const headers = {
    'Content-Type': 'application/json', 'X-Request-ID': requestId,
  };
  if (answer.againS !== undefined) headers['Retry-After'] = answer.againS;
  if (answer.close) headers.Connection = 'close';  // Its body was not read.
  response.writeHead(answer.status, headers);
  const {decision, why} = answer;
  response.end(JSON.stringify({decision, why, request_id: requestId}) + '\n');
  console.log(requestId, answer.status, decision, why);
}

function main() {
  const text = (value) => ({type: 'string', default: value});
  const {values: given} = parseArgs({options: {
    'listen': text('127.0.0.1:8080'),
    'server': text('localhost:7117'),   // where kenal serve listens
    'tls': text(undefined),             // FOLDER/NAME, with ca.pem beside it
    'tls-name': text(undefined),        // name in the server's certificate
    'proto': text(path.join(__dirname, '../../proto')),
  }});
  if (!given.tls) throw new Error('--tls FOLDER/NAME is needed');
  const client = connect(given);
  const server = http.createServer(
    {requestTimeout: 30_000},
    (request, response) => void handle(client, request, response));
  const colon = given.listen.lastIndexOf(':');
  const host = given.listen.slice(0, colon);
  server.listen(Number(given.listen.slice(colon + 1)), host, () =>
    console.log(`listening on http://${host}:${server.address().port}`));
  // Uploads under way are answered before it ends.
  const stop = () => server.close(() => client.close());
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

main();
