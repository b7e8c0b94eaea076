// npm's `ws` as a client of the reference server: node ws_client.js URL. Prints one line a check that holds; any other
// outcome is an error.
'use strict';

const assert = require('node:assert');
const { once } = require('node:events');
const WebSocket = require('ws');

const url = process.argv[2];
const webSocketUrl = url.replace('http', 'ws') + '/websocket?topic=';

async function open(query) {
  const socket = new WebSocket(webSocketUrl + query);
  const received = [];
  let wanted = null;
  socket.on('message', (data, isBinary) => {
    received.push(isBinary ? data : data.toString());
    if (wanted && received.length >= wanted.count) wanted.resolve();
  });
  socket.messages = async (count) => {
    if (received.length < count) {
      await new Promise((resolve) => { wanted = { count, resolve }; });
      wanted = null;
    }
    return received.splice(0, count);
  };
  await once(socket, 'open');
  return socket;
}

async function publish(topic, body, type) {
  const headers = { 'Content-Type': type };
  const answer = await fetch(`${url}/publish?topic=${topic}`, { method: 'POST', body, headers });
  assert.strictEqual(answer.status, 200);
}

async function main() {
  const one = await open('ws');
  const two = await open('ws');

  await publish('ws', 'grüße', 'text/plain');
  assert.deepStrictEqual(await one.messages(1), ['grüße']);
  assert.deepStrictEqual(await two.messages(1), ['grüße']);
  console.log('text published by POST arrives');

  await publish('ws', Buffer.from([0, 255, 10]), 'application/octet-stream');
  assert.deepStrictEqual(await one.messages(1), [Buffer.from([0, 255, 10])]);
  await two.messages(1);
  console.log('binary arrives as binary');

  one.send('from one');
  two.send(Buffer.from('from two'));
  for (const client of [one, two]) {
    const texts = (await client.messages(2)).map(String).sort();
    assert.deepStrictEqual(texts, ['from one', 'from two']);
  }
  console.log('what one client sends reaches both');

  one.ping('are you there');
  const [payload] = await once(one, 'pong');
  assert.strictEqual(payload.toString(), 'are you there');
  console.log('ping is answered');

  const late = await open('ws&after=1');
  assert.strictEqual((await late.messages(3)).length, 3);
  console.log('the cursor resumes');

  late.close(4321, 'enough');
  const [code] = await once(late, 'close');
  assert.strictEqual(code, 4321);
  console.log('the close code is echoed');

  one.send(Buffer.alloc((16 << 20) + 1));
  const [tooBig] = await once(one, 'close');
  assert.strictEqual(tooBig, 1009);
  console.log('a message above the limit ends with 1009');

  const refused = new WebSocket(webSocketUrl);
  const [, response] = await once(refused, 'unexpected-response');
  assert.strictEqual(response.statusCode, 400);
  console.log('a bad topic is refused with 400');
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
