// Usage: node ioredis.mjs PORT RESP
// Runs what the README shows, and more, through ioredis and exits with an error at the first unexpected reply.
import assert from 'node:assert/strict';
import { Redis } from 'ioredis';

const [port, protocol] = process.argv.slice(2).map(Number);
const client = new Redis({ port, host: '127.0.0.1', protocol, connectionName: 'conformance', retryStrategy: null });
client.on('error', (error) => { console.error(error); process.exit(1); });
await client.flushdb();
assert.equal(await client.client('GETNAME'), 'conformance');
assert.match(await client.client('INFO'), new RegExp(` resp=${protocol}\\b`));

// Strings, with every way to say how long they live.
assert.equal(await client.set('session', 'token', 'EX', 60), 'OK');
assert.ok(await client.ttl('session') > 55);
assert.equal(await client.set('session', 'other', 'PX', 60000, 'NX'), null);
assert.equal(await client.set('session', 'other', 'KEEPTTL', 'GET'), 'token');
assert.equal(await client.getex('session', 'PERSIST'), 'other');
assert.equal(await client.ttl('session'), -1);
assert.equal(await client.incr('visits'), 1);
assert.deepEqual(await client.mget(['session', 'missing', 'visits']), ['other', null, '1']);
assert.equal(Number(await client.incrbyfloat('float', '1.5')), 1.5);
assert.equal(await client.getdel('float'), '1.5');
assert.equal(await client.setrange('padded', 3, 'x'), 4);
assert.deepEqual(await client.getBuffer('padded'), Buffer.from('\0\0\0x'));

// Bits.
assert.equal(await client.setbit('bits', 7, 1), 0);
assert.equal(await client.bitcount('bits', 0, 7, 'BIT'), 1);
assert.equal(await client.bitpos('bits', 1), 7);
assert.deepEqual(await client.bitfield('bits', 'OVERFLOW', 'FAIL', 'INCRBY', 'u2', 6, 5, 'GET', 'u8', 0), [null, 1]);
assert.equal(await client.bitop('NOT', 'inverted', 'bits'), 1);

// A pipeline keeps its order, and an error in it is one reply among others.
const replies = await client.pipeline().set('text', 'abc').incr('text').get('text').strlen('text').exec();
assert.deepEqual(replies.map(([error, value]) => error ? error.message : value),
  ['OK', 'ERR value is not an integer or out of range', 'abc', 3]);
const counted = await Promise.all(Array.from({ length: 1000 }, () => client.incr('burst')));
assert.deepEqual(counted, Array.from({ length: 1000 }, (_, i) => i + 1));

// Keys.
assert.equal(await client.rename('text', 'renamed'), 'OK');
assert.equal(await client.copy('renamed', 'copied'), 1);
assert.equal(await client.object('ENCODING', 'visits'), 'int');
const scanned = new Set();
for await (const keys of client.scanStream({ match: '*ed', count: 2 })) keys.forEach((key) => scanned.add(key));
assert.deepEqual([...scanned].sort(), ['copied', 'inverted', 'padded', 'renamed']);
assert.equal(await client.unlink('copied', 'renamed', 'missing'), 2);
await assert.rejects(client.rename('missing', 'x'), /ERR no such key/);

// Binary keys and values, a second connection, another database.
const binary = Buffer.from([0, 255, 13, 10, 128]);
assert.equal(await client.set(binary, binary), 'OK');
const other = client.duplicate();
assert.deepEqual(await other.getBuffer(binary), binary);
assert.equal(await other.select(3), 'OK');
assert.equal(await other.dbsize(), 0);
assert.equal(await other.quit(), 'OK');
assert.match(await client.info('server'), /redis_version:7\./);

await client.flushdb();
assert.equal(await client.quit(), 'OK');
