// node verify.mjs [FINGERPRINT]
//
// Checks this archive with Node alone (version 18 or later): every file, every signature, every record, every
// stored object and the timeline. It needs no network, no package and no part of the program that made the archive.
// With FINGERPRINT (64 hex digits) the signing key must be that one. Exit code 0: all is as it was sealed; 1: it is not.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { createReadStream, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const LISTING = 'SHA256SUMS';
const LISTING_ENVELOPE = 'SHA256SUMS.dsse.json';
const START = '0'.repeat(64);
const problems = [];
const keys = new Set();

const path = (file) => join(root, ...file.split('/'));
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const sizeAndDigest = (size, digest) => `${size} bytes with SHA-256 ${digest}`;

/** Text from the archive is never trusted to drive a terminal. */
const plain = (text) =>
  String(text).replace(/[\p{Cc}\p{Cs}\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '\uFFFD');

function problem(file, expected, found) {
  problems.push(plain(`${file}: expected ${expected}, found ${found}`));
}

/** Canonical JSON (RFC 8785): members sorted by UTF-16 code units, numbers and strings as JavaScript writes them. */
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value).sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

function read(file) {
  try {
    return lstatSync(path(file)).isFile() ? readFileSync(path(file)) : null;
  } catch {
    return null;
  }
}

/** The value of a file that must be canonical JSON to the byte; undefined, and a problem, when it is not. */
function readJson(file) {
  const bytes = read(file);
  if (bytes === null) {
    problem(file, 'a file', 'none');
    return undefined;
  }
  try {
    const value = JSON.parse(bytes.toString('utf8'));
    if (Buffer.from(canonical(value), 'utf8').equals(bytes)) return { value, bytes, digest: sha256(bytes) };
  } catch {
    // Not JSON: said below.
  }
  problem(file, 'canonical JSON', sizeAndDigest(bytes.length, sha256(bytes)));
  return undefined;
}

function filesBelow(folder) {
  return readdirSync(folder === '' ? root : path(folder), { withFileTypes: true }).flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(name) : [name];
  });
}

async function digestOf(file) {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path(file))) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { size, digest: hash.digest('hex') };
}

/** The signed statement of an envelope; null, and a problem, unless the key named in it signed it. */
function openEnvelope(file) {
  const envelope = readJson(file)?.value;
  if (envelope === undefined) return null;
  const keyId = String(envelope.signatures?.[0]?.keyid);
  const keyFile = `evidence/public-keys/${keyId}.pem`;
  const pem = /^[0-9a-f]{64}$/.test(keyId) ? read(keyFile) : null;
  if (pem === null || envelope.payloadType !== 'application/vnd.in-toto+json') {
    problem(file, 'a DSSE envelope whose public key is in evidence/public-keys', `key id ${keyId}`);
    return null;
  }
  try {
    const key = createPublicKey(pem);
    const fingerprint = sha256(key.export({ type: 'spki', format: 'der' }));
    if (fingerprint !== keyId) {
      problem(keyFile, `the key ${keyId}`, `the key ${fingerprint}`);
      return null;
    }
    const payload = Buffer.from(envelope.payload, 'base64');
    // DSSE, the pre-authentication encoding: the bytes that are signed.
    const signed = Buffer.concat([
      Buffer.from(`DSSEv1 ${envelope.payloadType.length} ${envelope.payloadType} ${payload.length} `),
      payload,
    ]);
    const algorithm = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
    if (verify(algorithm, signed, key, Buffer.from(envelope.signatures[0].sig, 'base64'))) {
      keys.add(keyId);
      return JSON.parse(payload.toString('utf8'));
    }
  } catch {
    // A key or an envelope that cannot be read: said below.
  }
  problem(file, `a signature by the key ${keyId}`, 'one that does not verify');
  return null;
}

/** True when the envelope's statement is about this file with this digest. */
function isSigned(envelopeFile, name, digest) {
  const statement = openEnvelope(envelopeFile);
  if (statement === null) return null;
  const [subject] = statement.subject ?? [];
  if (statement.subject?.length === 1 && subject.name === name && subject.digest?.sha256 === digest) {
    return statement;
  }
  problem(
    envelopeFile,
    `a signed statement about ${name} with SHA-256 ${digest}`,
    'a statement about something else',
  );
  return null;
}

/** Every file of the archive is listed, and is what the signed list says. */
async function checkListing() {
  const listing = read(LISTING);
  if (listing === null) return problem(LISTING, 'the list of all files', 'none');
  isSigned(LISTING_ENVELOPE, LISTING, sha256(listing));
  const expected = new Map();
  for (const line of listing.toString('utf8').split('\n').slice(0, -1)) {
    expected.set(line.slice(66), line.slice(0, 64));
  }
  const present = new Set(filesBelow(''));
  for (const file of present) {
    if (file !== LISTING && file !== LISTING_ENVELOPE && !expected.has(file))
      problem(file, 'no such file', 'one');
  }
  for (const [file, digest] of expected) {
    if (!present.has(file)) {
      problem(file, 'a file', 'none');
      continue;
    }
    if (!lstatSync(path(file)).isFile()) {
      problem(file, 'a plain file', 'a link or a device');
      continue;
    }
    const found = await digestOf(file);
    if (found.digest !== digest) problem(file, `SHA-256 ${digest}`, sizeAndDigest(found.size, found.digest));
  }
  return undefined;
}

/** The time stamp of a seal, where there is one: of this seal, and signed. The authority's own signature is for openssl. */
function checkTimestamp(folder, name) {
  const file = `${folder}/${name.replace(/dsse[.]json$/, 'timestamp.dsse.json')}`;
  const sealed = read(`${folder}/${name}`);
  if (read(file) === null || sealed === null) return;
  const statement = isSigned(file, name, sha256(sealed));
  if (statement === null) return;
  const { at, response } = statement.predicate;
  // The digest stands in the answer as it is (RFC 3161, messageImprint).
  if (!Buffer.from(response, 'base64').includes(Buffer.from(sha256(sealed), 'hex'))) {
    problem(file, `a time stamp of ${name}`, 'one of something else');
  } else {
    process.stdout.write(`${plain(`time stamp of ${name}: ${at}; verify.sh checks it with openssl`)}\n`);
  }
}

/** The seals of the case, oldest first; returns the last manifest. */
function checkSeals(folder, incident) {
  let last;
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? 'manifest.json' : `manifest-${number}.json`;
    if (read(`${folder}/${name}`) === null && number > 1) return last;
    const manifest = readJson(`${folder}/${name}`);
    if (manifest === undefined) return last;
    isSigned(`${folder}/${name.replace(/json$/, 'dsse.json')}`, name, manifest.digest);
    checkTimestamp(folder, name.replace(/json$/, 'dsse.json'));
    const { value } = manifest;
    const previous = last?.digest ?? null;
    if (value.incident !== incident || value.number !== number || value.previous !== previous) {
      problem(`${folder}/${name}`, `manifest ${number} of ${incident} after ${previous}`, 'another manifest');
    }
    last = manifest;
  }
}

/** Each record is the one that the manifest names, and so is each stored object. */
async function checkRecords(folder, manifest) {
  let previous = START;
  const objects = new Map();
  for (const line of manifest.value.records) {
    const file = `${folder}/records/${String(line.seq).padStart(8, '0')}.json`;
    const record = readJson(file);
    if (record === undefined) continue;
    if (record.digest !== line.sha256 || record.bytes.length !== line.bytes) {
      const found = sizeAndDigest(record.bytes.length, record.digest);
      problem(`${line.name} (${file})`, sizeAndDigest(line.bytes, line.sha256), found);
    }
    if (record.value.prevHash !== previous)
      problem(file, `the record after ${previous}`, `one after ${record.value.prevHash}`);
    previous = record.digest;
    if (line.object !== null) objects.set(line.object.sha256, line);
    if (record.value.kind === 'abandoned') objects.set(record.value.object, { ...line, object: null });
    if (record.value.kind === 'purged') for (const gone of record.value.purge.objects) objects.delete(gone);
  }
  for (const [digest, line] of objects) {
    const file = `evidence/objects/sha256/${digest.slice(0, 2)}/${digest}`;
    const expected = line.object === null ? `SHA-256 ${digest}` : sizeAndDigest(line.object.bytes, digest);
    if (read(file) === null) {
      problem(`${line.name} (${file})`, expected, 'no file');
      continue;
    }
    const found = await digestOf(file);
    if (found.digest !== digest || (line.object !== null && found.size !== line.object.bytes)) {
      problem(`${line.name} (${file})`, expected, sizeAndDigest(found.size, found.digest));
    }
  }
  return objects.size;
}

/** The timeline is one unbroken chain, and its last seal is the last manifest. */
function checkTimeline(incident, manifest) {
  const file = 'timeline/timeline.jsonl';
  const text = read(file)?.toString('utf8');
  if (text === undefined) return problem(file, 'the timeline', 'none');
  let previous = START;
  let seq = 0;
  let sealed = null;
  const gone = [];
  const removed = [];
  for (const line of text.split('\n').slice(0, -1)) {
    seq += 1;
    let entry;
    try {
      entry = JSON.parse(line);
    } catch {
      return problem(`${file}, entry ${seq}`, 'an entry', 'no JSON');
    }
    const { chain, at, prevHash, bodyHash } = entry;
    const hash = sha256(canonical({ chain, seq: entry.seq, at, prevHash, bodyHash }));
    const intact = chain === incident && entry.seq === seq && prevHash === previous && entry.hash === hash;
    if (!intact) return problem(`${file}, entry ${seq}`, `entry ${seq} after ${previous}`, 'another one');
    if (entry.body !== null) {
      const body = sha256(canonical(entry.body));
      if (body !== bodyHash)
        return problem(`${file}, entry ${seq}`, `a body with SHA-256 ${bodyHash}`, `one with ${body}`);
      if (entry.body.kind === 'timeline.purged') {
        removed.push(...entry.body.data.entries.filter(([, last]) => last < seq));
      }
      if (entry.body.kind === 'evidence.sealed') sealed = entry.body.data.manifestSha256;
    }
    if (entry.body === null) gone.push(seq);
    previous = hash;
  }
  // A body that retention removed: a later entry says so.
  const unsaid = gone.find((each) => !removed.some(([first, last]) => first <= each && each <= last));
  if (unsaid !== undefined) {
    problem(
      `${file}, entry ${unsaid}`,
      'its body, or a later entry that says that it was removed',
      'neither',
    );
  }
  if (sealed !== null && manifest !== undefined && sealed !== manifest.digest) {
    problem(file, `${manifest.digest} as the last sealed manifest`, sealed);
  }
  return seq;
}

const cases = readdirSync(path('evidence/cases'));
const [incident] = cases;
if (cases.length !== 1) problem('evidence/cases', 'one case', `${cases.length}`);
const folder = `evidence/cases/${incident}`;
await checkListing();
const manifest = checkSeals(folder, incident);
const objects = manifest === undefined ? 0 : await checkRecords(folder, manifest);
const entries = checkTimeline(incident, manifest);

const wanted = process.argv[2];
if (wanted !== undefined && (keys.size !== 1 || !keys.has(wanted.toLowerCase()))) {
  problem('the signing key', wanted, [...keys].join(', ') || 'none');
}
for (const text of problems) process.stderr.write(`${text}\n`);
process.stdout.write(`signed by ${[...keys].join(', ') || 'nobody'}\n`);
if (problems.length === 0) {
  process.stdout.write(
    `${plain(
      `${incident}: verified; ${manifest.value.records.length} records, ${objects} objects, ${entries} timeline entries`,
    )}\n`,
  );
  if (wanted === undefined)
    process.stdout.write('Compare the key above with the fingerprint that you were given.\n');
} else process.stdout.write(`${plain(`${incident}: NOT verified; ${problems.length} problems`)}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;
