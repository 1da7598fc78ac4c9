// Usage: node node-redis.mjs PORT RESP
// Runs what the README shows through @redis/client and exits with an error at the first unexpected reply.
import assert from 'node:assert/strict';
import { createClient } from '@redis/client';

const [port, resp] = process.argv.slice(2).map(Number);
const url = `redis://127.0.0.1:${port}/0`;
const client = createClient({ url, RESP: resp, name: 'conformance' });
client.on('error', (error) => { console.error(error); process.exit(1); });
await client.connect();

assert.equal(await client.ping(), 'PONG');
assert.equal(await client.clientGetName(), 'conformance');
await client.flushDb();

// The example of the README.
await client.set('session', 'token', { EX: 60 });
await client.incr('visits');
assert.deepEqual(await client.mGet(['session', 'visits']), ['token', '1']);
await client.flushDb();

// Strings.
assert.equal(await client.set('mykey', 'Hello'), 'OK');
assert.equal(await client.get('mykey'), 'Hello');
assert.equal(await client.get('missing'), null);
assert.equal(await client.append('mykey', ', world'), 12);
assert.equal(await client.getRange('mykey', 0, 4), 'Hello');
assert.equal(await client.set('mykey', 'other', { condition: 'NX' }), null);
assert.equal(await client.set('mykey', 'other', { condition: 'XX', GET: true }), 'Hello, world');
assert.equal(await client.set('session', 'token', { expiration: { type: 'EX', value: 60 } }), 'OK');
const ttl = await client.ttl('session');
assert.ok(ttl > 55 && ttl <= 60, `ttl ${ttl}`);
assert.equal(await client.getDel('session'), 'token');

// Counters and several keys.
assert.equal(await client.incr('counter'), 1);
assert.equal(await client.incrBy('counter', 41), 42);
assert.equal(Number(await client.incrByFloat('float', 1.5)), 1.5);
assert.equal(await client.mSet({ a: '1', b: '2' }), 'OK');
assert.deepEqual(await client.mGet(['a', 'missing', 'b']), ['1', null, '2']);
assert.equal(await client.setBit('bits', 7, 1), 0);
assert.equal(await client.bitCount('bits'), 1);

// Keys.
assert.equal(await client.exists(['a', 'b', 'missing']), 2);
assert.equal(await client.type('a'), 'string');
assert.equal(await client.rename('a', 'c'), 'OK');
assert.deepEqual((await client.keys('*')).sort(), ['b', 'bits', 'c', 'counter', 'float', 'mykey']);
const scanned = new Set();
for await (const keys of client.scanIterator({ COUNT: 2 })) for (const key of keys) scanned.add(key);
assert.equal(scanned.size, 6);
assert.equal(await client.del(['b', 'c', 'missing']), 2);

// Errors, and many commands at the same time on one connection.
await assert.rejects(client.incr('mykey'), /value is not an integer or out of range/);
const replies = await Promise.all(Array.from({ length: 1000 }, () => client.incr('burst')));
assert.deepEqual(replies, Array.from({ length: 1000 }, (_, i) => i + 1));

// Binary values and a second database.
const binary = Buffer.from([0, 255, 13, 10, 128]);
await client.set('binary', binary);
assert.equal((await client.sendCommand(['GETRANGE', 'binary', '0', '0'])), '\u0000');
assert.equal(await client.strLen('binary'), 5);
await client.select(3);
assert.equal(await client.get('mykey'), null);
assert.equal(await client.dbSize(), 0);
await client.select(0);
assert.match(await client.info('server'), /redis_version:7\./);

await client.flushDb();
await client.close();
