// What the protocol's texts ask of a server of the conformance profile: node engineio_rules.js URL. The server runs with
// --ping-interval 300ms --ping-timeout 200ms --max-payload 1000000 --connect-timeout 1s. Prints one line for each rule:
// "ok", or its name and what was wrong. Over https, for which NODE_EXTRA_CA_CERTS names the server's certificate, each
// connection's first request reaches the server in one write with the end of the TLS handshake.
'use strict';

const assert = require('node:assert/strict');
const net = require('node:net');
const tls = require('node:tls');
const { WebSocket } = require('ws');

let [url] = process.argv.slice(2);
const secure = url.startsWith('https');
const sockets = [];

// Stands before a server with TLS 1.3: holds back what a client says behind its ClientHello until its second encrypted
// record, the first request, is there; the first is its Finished (RFC 8446 section 2).
async function withRequestAndFinishedInOneWrite(serverUrl) {
  const kHead = 5;
  const kApplicationData = 23;
  const proxy = net.createServer({ noDelay: true }, (client) => {
    const server = net.connect({ port: new URL(serverUrl).port, host: '127.0.0.1', noDelay: true });
    let held = Buffer.alloc(0);
    let scanned = 0;
    let hello = true;
    let encrypted = 0;
    client.on('data', (data) => {
      if (encrypted >= 2) return server.write(data);
      held = Buffer.concat([held, data]);
      while (scanned + kHead <= held.length && scanned + kHead + held.readUInt16BE(scanned + 3) <= held.length) {
        if (held[scanned] === kApplicationData) ++encrypted;
        scanned += kHead + held.readUInt16BE(scanned + 3);
      }
      if (!hello && encrypted < 2) return;
      hello = false;
      server.write(held);
      held = Buffer.alloc(0);
      scanned = 0;
    });
    server.on('data', (data) => client.write(data));
    for (const [one, other] of [[client, server], [server, client]]) {
      one.on('error', () => {});
      one.on('end', () => other.end());
      one.on('close', () => other.destroy());
    }
  });
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return `https://127.0.0.1:${proxy.address().port}`;
}

// A WebSocket that keeps what it gets until it is asked for.
class Peer {
  constructor(path, query) {
    this.inbox = [];
    this.socket = new WebSocket(url.replace('http', 'ws') + path + query);
    sockets.push(this.socket);
    this.closed = new Promise((resolve) => this.socket.on('close', () => resolve('closed')));
    this.opened = new Promise((resolve) => this.socket.on('open', resolve));
    this.socket.on('error', () => {});
    this.socket.on('message', (data, binary) => {
      if (!binary && String(data) === '2') {
        this.pings = (this.pings ?? 0) + 1;
        if (this.answers) this.socket.send('3');
        if (!this.wantsPings) return;
      }
      this.inbox.push(binary ? data : String(data));
      this.wake?.();
    });
  }
  send(...values) {
    for (const value of values) this.socket.send(value);
  }
  async next() {
    while (this.inbox.length === 0) await new Promise((resolve) => (this.wake = resolve));
    return this.inbox.shift();
  }
}

const engine = (transport, more = '') => `/engine.io/?EIO=4&transport=${transport}${more}`;
const ask = (path, options) => fetch(url + path, options);
const status = async (path, options) => (await ask(path, options)).status;

async function refusal(path, options) {
  const answer = await ask(path, options);
  return [answer.status, await answer.json()];
}

async function poll(sid, path = '/engine.io/') {
  const answer = await ask(`${path}?EIO=4&transport=polling&sid=${sid}`);
  return [answer.status, await answer.text()];
}

async function push(sid, body, headers = {}) {
  const answer = await ask(engine('polling', `&sid=${sid}`), { method: 'POST', body, headers });
  return [answer.status, await answer.text()];
}

// A POST whose body comes in two pieces: resolves once the server has taken the head, with what sends the rest.
async function begunPost(sid, body) {
  const socket = (secure ? tls : net).connect(new URL(url).port, '127.0.0.1');
  sockets.push({ terminate: () => socket.destroy() });
  const answer = new Promise((resolve) => {
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (data) => (text += data).endsWith('}') && resolve(Number(text.match(/HTTP\/1.1 ([2-5]..)/)[1])));
  });
  socket.write(`POST ${engine('polling', `&sid=${sid}`)} HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve)); // 100 Continue
  return { socket, rest: () => (socket.write(body), answer) };
}

async function begin(path = '/engine.io/') {
  const answer = await ask(`${path}?EIO=4&transport=polling`);
  const text = await answer.text();
  assert.equal(text[0], '0');
  return JSON.parse(text.slice(1));
}

async function websocket(path = '/engine.io/') {
  const peer = new Peer(path, '?EIO=4&transport=websocket');
  const text = await peer.next();
  assert.equal(text[0], '0');
  peer.handshake = JSON.parse(text.slice(1));
  return peer;
}

async function upgraded() {
  const { sid } = await begin();
  const peer = new Peer('/engine.io/', `?EIO=4&transport=websocket&sid=${sid}`);
  peer.answers = true;
  await peer.opened;
  peer.send('2probe');
  assert.equal(await peer.next(), '3probe');
  peer.send('5');
  return { sid, peer };
}

async function socketio(auth = '', name = '') {
  const peer = await websocket('/socket.io/');
  peer.answers = true;
  peer.send(`40${name ? name + ',' : ''}${auth}`);
  const prefix = `40${name ? name + ',' : ''}`;
  const answer = await peer.next();
  assert.ok(answer.startsWith(prefix), answer);
  assert.deepEqual(Object.keys(JSON.parse(answer.slice(prefix.length))), ['sid']);
  peer.auth = await peer.next();
  return peer;
}

const expected = { pingInterval: 300, pingTimeout: 200, maxPayload: 1000000 };
const bytes = (...values) => Buffer.from(values);
const unknownSession = [400, { code: 1, message: 'Session ID unknown' }];
const badRequest = [400, { code: 3, message: 'Bad request' }];

const rules = {
  async 'a session is opened over polling'() {
    const { sid, ...rest } = await begin();
    assert.match(sid, /^[\w-]{20}$/);
    assert.deepEqual(rest, { upgrades: ['websocket'], ...expected });
  },
  async 'a session is opened over WebSocket'() {
    const { sid, ...rest } = (await websocket()).handshake;
    assert.match(sid, /^[\w-]{20}$/);
    assert.deepEqual(rest, { upgrades: [], ...expected });
  },
  async 'handshakes with a mistake are refused with its code'() {
    const unknown = [400, { code: 0, message: 'Transport unknown' }];
    assert.deepEqual(await refusal('/engine.io/?EIO=4'), unknown);
    assert.deepEqual(await refusal('/engine.io/?EIO=4&transport=abc'), unknown);
    assert.deepEqual(await refusal('/engine.io/?transport=polling'), [400, { code: 5, message: 'Unsupported protocol version' }]);
    assert.equal(await status('/engine.io/?EIO=abc&transport=polling'), 400);
    for (const method of ['POST', 'PUT']) {
      assert.deepEqual(await refusal(engine('polling'), { method }), [400, { code: 2, message: 'Bad handshake method' }]);
    }
    assert.deepEqual(await refusal(engine('websocket')), badRequest);
    assert.deepEqual(await refusal(engine('polling', '&sid=abc')), unknownSession);
    for (const query of ['?transport=websocket', '?EIO=abc&transport=websocket', '?EIO=4', '?EIO=4&transport=abc']) {
      await new Peer('/engine.io/', query).closed;
    }
  },
  async 'packets come back over polling as they were sent'() {
    for (const payload of ['4hello', '4test1\x1e4test2\x1e4test3', '4hello\x1ebAQIDBA==', '4\u20ac']) {
      const { sid } = await begin();
      assert.deepEqual(await push(sid, payload), [200, 'ok']);
      assert.deepEqual(await poll(sid), [200, payload]);
    }
  },
  async 'packets come back over WebSocket as they were sent'() {
    const peer = await websocket();
    peer.send('4hello', bytes(1, 2, 3, 4), '4');
    assert.equal(await peer.next(), '4hello');
    assert.deepEqual(await peer.next(), bytes(1, 2, 3, 4));
    assert.equal(await peer.next(), '4');
  },
  async 'a payload that is none closes the session'() {
    for (const payload of ['abc', '4a\x1e', 'b!']) {
      const { sid } = await begin();
      assert.equal((await push(sid, payload))[0], 400);
      assert.equal((await poll(sid))[0], 400);
    }
  },
  async 'a frame that is no packet closes the session'() {
    for (const frame of ['abc', '', '2']) {
      const peer = await websocket();
      peer.send(frame);
      await peer.closed;
    }
  },
  async 'a second GET closes the session'() {
    const { sid } = await begin();
    const first = poll(sid);
    await new Promise((resolve) => setTimeout(resolve, 20));  // it must come first
    assert.deepEqual(await refusal(engine('polling', `&sid=${sid}&t=2`)), badRequest);
    assert.deepEqual(await first, [200, '1']);
    assert.equal((await poll(sid))[0], 400);
  },
  async 'a second POST closes the session'() {
    const { sid } = await begin();
    const first = await begunPost(sid, '4first');
    assert.deepEqual(await refusal(engine('polling', `&sid=${sid}`), { method: 'POST', body: '4second' }), badRequest);
    assert.equal(await first.rest(), 400);
    assert.equal((await poll(sid))[0], 400);
  },
  async 'a second POST closes the session before its body has come'() {
    const { sid } = await begin();
    const pending = poll(sid);
    await begunPost(sid, '4first');
    await begunPost(sid, '4second');
    assert.deepEqual(await pending, [200, '1']);
    assert.equal((await poll(sid))[0], 400);
  },
  async 'a POST that is cut short closes the session'() {
    const { sid } = await begin();
    const pending = poll(sid);
    const { socket } = await begunPost(sid, '4first');
    socket.destroy();
    assert.deepEqual(await pending, [200, '1']);
    assert.equal((await poll(sid))[0], 400);
  },
  async 'a GET that is given up closes the session'() {
    const { sid } = await begin();
    await ask(engine('polling', `&sid=${sid}`), { signal: AbortSignal.timeout(20) }).catch(() => {});
    let code;
    do code = await status(engine('polling', `&sid=${sid}`), { method: 'POST', body: '4x' });
    while (code === 200);
    assert.equal(code, 400);
  },
  async 'more than maxPayload is refused'() {
    const { sid } = await begin();
    assert.equal((await push(sid, '4' + 'x'.repeat(1000000)).catch(() => [413]))[0], 413);
    const peer = await websocket();
    peer.send('4' + 'x'.repeat(1000000));
    await peer.closed;
  },
  async 'the server pings and is answered over polling'() {
    const { sid } = await begin();
    for (let i = 0; i < 3; ++i) {
      assert.deepEqual(await poll(sid), [200, '2']);
      assert.deepEqual(await push(sid, '3'), [200, 'ok']);
    }
  },
  async 'the server pings and is answered over WebSocket'() {
    const peer = await websocket();
    peer.wantsPings = true;
    for (let i = 0; i < 3; ++i) {
      assert.equal(await peer.next(), '2');
      peer.send('3');
    }
  },
  async 'an unanswered ping closes the session over polling'() {
    const { sid } = await begin();
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal((await poll(sid))[0], 400);
  },
  async 'an unanswered ping closes the session over WebSocket'() {
    const peer = await websocket();
    await peer.closed;
    assert.equal(peer.pings, 1);
  },
  async 'a close packet ends a session over polling'() {
    const { sid } = await begin();
    const pending = poll(sid);
    await new Promise((resolve) => setTimeout(resolve, 20));  // it must come first
    assert.deepEqual(await push(sid, '1'), [200, 'ok']);
    assert.deepEqual(await pending, [200, '6']);
    assert.equal((await poll(sid))[0], 400);
  },
  async 'a close packet ends a session over WebSocket'() {
    const peer = await websocket();
    peer.send('1');
    await peer.closed;
  },
  async 'an upgrade ends the GET that waits and loses nothing'() {
    const { sid } = await begin();
    const peer = new Peer('/engine.io/', `?EIO=4&transport=websocket&sid=${sid}`);
    await peer.opened;
    const pending = poll(sid);
    peer.send('2probe');
    assert.equal(await peer.next(), '3probe');
    assert.deepEqual(await pending, [200, '6']);
    assert.deepEqual(await poll(sid), [200, '6']);
    assert.deepEqual(await push(sid, '4late\x1ebAQID'), [200, 'ok']);
    peer.send('5', '4hello');
    assert.equal(await peer.next(), '4late');
    assert.deepEqual(await peer.next(), bytes(1, 2, 3));
    assert.equal(await peer.next(), '4hello');
  },
  async 'polling is over after an upgrade'() {
    const { sid, peer } = await upgraded();
    peer.send('4seen');
    assert.equal(await peer.next(), '4seen');
    assert.deepEqual(await refusal(engine('polling', `&sid=${sid}`)), badRequest);
    peer.send('4hello');
    assert.equal(await peer.next(), '4hello');
  },
  async 'an upgrade waits for no answer to its probe'() {
    const { sid } = await begin();
    const peer = new Peer('/engine.io/', `?EIO=4&transport=websocket&sid=${sid}`);
    await peer.opened;
    peer.send('2probe', '5');
    assert.equal(await peer.next(), '3probe');
    assert.deepEqual(await refusal(engine('polling', `&sid=${sid}`)), badRequest);
    assert.deepEqual(await refusal(engine('polling', `&sid=${sid}`), { method: 'POST', body: '4hello' }), badRequest);
    peer.send('4hello');
    assert.equal(await peer.next(), '4hello');
  },
  async 'a second WebSocket is shown out and the first goes on'() {
    const { sid, peer } = await upgraded();
    await new Peer('/engine.io/', `?EIO=4&transport=websocket&sid=${sid}`).closed;
    peer.send('4hello');
    assert.equal(await peer.next(), '4hello');
  },
  async 'a probe that fails leaves the session with polling'() {
    const { sid } = await begin();
    const peer = new Peer('/engine.io/', `?EIO=4&transport=websocket&sid=${sid}`);
    await peer.opened;
    peer.send('4no probe');
    await peer.closed;
    await push(sid, '4hello');
    assert.deepEqual(await poll(sid), [200, '4hello']);
  },

  async 'Socket.IO connects to the main namespace'() {
    assert.equal((await socketio()).auth, '42["auth",{}]');
    assert.equal((await socketio('{"token":"123"}')).auth, '42["auth",{"token":"123"}]');
  },
  async 'Socket.IO connects to a custom namespace'() {
    assert.equal((await socketio('', '/custom')).auth, '42/custom,["auth",{}]');
    assert.equal((await socketio('{"token":"abc"}', '/custom')).auth, '42/custom,["auth",{"token":"abc"}]');
  },
  async 'Socket.IO connects over polling'() {
    const { sid } = await begin('/socket.io/');
    const answer = await ask(`/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST', body: '40' });
    assert.equal(await answer.text(), 'ok');
    const [code, text] = await poll(sid, '/socket.io/');
    assert.equal(code, 200);
    assert.match(text, /^40\{"sid":"[\w-]{20}"\}\x1e42\["auth",\{\}\]$/);
  },
  async 'an unknown namespace is refused'() {
    const peer = await websocket('/socket.io/');
    peer.send('40/random');
    assert.equal(await peer.next(), '44/random,{"message":"Invalid namespace"}');
  },
  async 'a first packet that is none closes the connection'() {
    for (const packet of ['4abc', '4', '42["message"]']) {
      const peer = await websocket('/socket.io/');
      peer.send(packet);
      await peer.closed;
    }
  },
  async 'packets that are none close the connection'() {
    for (const packet of ['4abc', '42{}', '42abc["message-with-ack",1]', '42/other,["message"]', '40']) {
      const peer = await socketio();
      peer.send(packet);
      await peer.closed;
    }
  },
  async 'a client that never connects is closed'() {
    const peer = await websocket('/socket.io/');
    peer.answers = true;
    await peer.closed;
    assert.ok(peer.pings >= 2);
  },
  async 'a disconnect leaves the transport open'() {
    const peer = await socketio();
    peer.send('41');
    peer.wantsPings = true;
    assert.equal(await peer.next(), '2');
  },
  async 'a disconnect from one namespace leaves the other'() {
    const peer = await socketio();
    peer.send('40/custom');
    assert.match(await peer.next(), /^40\/custom,/);
    assert.equal(await peer.next(), '42/custom,["auth",{}]');
    peer.send('41/custom', '42["message","to main"]');
    assert.equal(await peer.next(), '42["message-back","to main"]');
  },
  async 'events come back with their arguments'() {
    const peer = await socketio();
    peer.send('42["message",1,"2",{"3":[true]}]');
    assert.equal(await peer.next(), '42["message-back",1,"2",{"3":[true]}]');
    peer.send('42["message"]');
    assert.equal(await peer.next(), '42["message-back"]');
    const two = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
    peer.send(`452-["message",${two}]`, bytes(1, 2, 3), bytes(4, 5, 6));
    assert.equal(await peer.next(), `452-["message-back",${two}]`);
    assert.deepEqual(await peer.next(), bytes(1, 2, 3));
    assert.deepEqual(await peer.next(), bytes(4, 5, 6));
  },
  async 'events are acknowledged with their arguments'() {
    const peer = await socketio();
    peer.send('42456["message-with-ack",1,"2",{"3":[false]}]');
    assert.equal(await peer.next(), '43456[1,"2",{"3":[false]}]');
    const two = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';
    peer.send(`452-789["message-with-ack",${two}]`, bytes(1, 2, 3), bytes(4, 5, 6));
    assert.equal(await peer.next(), `462-789[${two}]`);
    assert.deepEqual(await peer.next(), bytes(1, 2, 3));
    assert.deepEqual(await peer.next(), bytes(4, 5, 6));
  },
};

// A machine that is too busy for answers within 300 ms breaks a rule too: it has a few attempts.
const kAttempts = 5;

async function attempt(rule) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error('nothing happened')), 5000).unref());
  await Promise.race([rule(), late]);
}

(async () => {
  if (secure) url = await withRequestAndFinishedInOneWrite(url);
  for (const [name, rule] of Object.entries(rules)) {
    let wrong;
    for (let i = 0; i < kAttempts && wrong !== null; ++i) {
      wrong = await attempt(rule).then(() => null, (error) => error.message.replaceAll('\n', ' '));
      for (const socket of sockets.splice(0)) socket.terminate();
    }
    console.log(wrong === null ? `ok: ${name}` : `wrong: ${name}: ${wrong}`);
  }
  process.exit(0);
})();
