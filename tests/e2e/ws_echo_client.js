// npm's `ws` as a client of /echo: node ws_echo_client.js URL OPTIONS, with the constructor's options as JSON. Prints the extensions that were
// agreed to, then a line a check that holds; any other outcome is an error.
'use strict';

const assert = require('node:assert');
const crypto = require('node:crypto');
const { once } = require('node:events');
const WebSocket = require('ws');

const url = process.argv[2].replace('http', 'ws') + '/echo?agent=ws';
const options = { ...JSON.parse(process.argv[3]), maxPayload: 1 << 26 };

async function open(protocols = []) {
  const socket = new WebSocket(url, protocols, options);
  socket.once('upgrade', (answer) => { socket.agreed = answer.headers['sec-websocket-extensions']; });
  await once(socket, 'open');
  return socket;
}

async function echoed(socket, data) {
  socket.send(data);
  const [answer, isBinary] = await once(socket, 'message');
  assert.strictEqual(isBinary, typeof data !== 'string');
  assert.ok(Buffer.from(data).equals(answer), `${answer.length} bytes came back for ${data.length}`);
}

async function closed(socket, code, reason) {
  const [got, why] = await once(socket, 'close');
  assert.strictEqual(got, code);
  if (reason !== undefined) assert.strictEqual(why.toString(), reason);
}

async function main() {
  const socket = await open(['unknown', 'chat.v2']);
  console.log(socket.agreed || 'no extension');
  assert.strictEqual(socket.protocol, 'chat.v2');
  console.log('subprotocol');

  for (const text of ['', 'x', 'grüße 😀', 'word '.repeat(5000), 'word '.repeat(5000)]) await echoed(socket, text);
  for (const size of [0, 1, 125, 126, 127, 65535, 65536, 1000000]) await echoed(socket, crypto.randomBytes(size));
  console.log('text and binary');

  const pieces = Array.from({ length: 100 }, (_, i) => `piece ${i} of a message; `);
  pieces.forEach((piece, i) => {
    socket.send(piece, { fin: i === pieces.length - 1 });
    if (i === 50) socket.ping('between');
  });
  const pong = once(socket, 'pong');
  const message = once(socket, 'message');
  assert.strictEqual((await pong)[0].toString(), 'between');
  assert.strictEqual((await message)[0].toString(), pieces.join(''));
  console.log('fragments with a ping between them');

  await echoed(socket, Buffer.alloc(1 << 24, 'sixteen mebibytes '));
  await echoed(socket, crypto.randomBytes(1 << 24));
  console.log('sixteen mebibytes');

  socket.close(4321, 'enough');
  await closed(socket, 4321);
  for (const code of [1000, 1001, 1011, 3000]) {
    const other = await open();
    other.close(code, 'why');
    await closed(other, code);
  }
  console.log('close codes');

  const big = await open();
  big.send(Buffer.alloc((1 << 24) + 1));
  await closed(big, 1009);
  const raw = await open();
  raw._socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc0, 0x80]));   // masked text that is not UTF-8
  await closed(raw, 1007);
  const wrong = await open();
  wrong._socket.write(Buffer.from([0x83, 0x80, 0, 0, 0, 0]));   // an opcode that there is not
  await closed(wrong, 1002);
  console.log('errors');
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
