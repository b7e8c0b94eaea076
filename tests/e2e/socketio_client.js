// The official client against a server: node socketio_client.js URL TRANSPORTS, as in "polling,websocket". Prints what it
// saw as one line of JSON for each part.
'use strict';

const { io } = require('socket.io-client');

const [url, transports] = process.argv.slice(2);
const open = [];

function connect(options = {}, path = '') {
  const socket = io(url + path, { transports: transports.split(','), forceNew: true, query: { topic: 't' }, ...options });
  open.push(socket);
  return socket;
}

const once = (socket, name) => new Promise((resolve) => socket.once(name, (...values) => resolve(values)));
const connected = async (socket) => {
  await once(socket, 'connect');
  return socket;
};

// The first `count` messages of a socket: what they are, without the offset or the room that follows.
function messages(socket, count) {
  return new Promise((resolve) => {
    const seen = [];
    socket.on('message', (payload) => {
      seen.push(Buffer.isBuffer(payload) || payload instanceof ArrayBuffer ? { hex: Buffer.from(payload).toString('hex') } : payload);
      if (seen.length === count) resolve(seen);
    });
  });
}

const publish = (body, type = 'text/plain', topic = 't') =>
  fetch(`${url}/publish?topic=${topic}`, { method: 'POST', body, headers: { 'Content-Type': type } });

const parts = {
  async order() {
    const socket = await connected(connect());
    const seen = messages(socket, 100);
    for (let i = 0; i < 100; i++) await publish(String(i));
    return { order: await seen, transport: socket.io.engine.transport.name };
  },
  async kinds() {
    const socket = await connected(connect());
    const seen = messages(socket, 4);
    await publish('a "quoted"\n\\ \u20ac \ud83d\ude00 \u0001');
    await publish(Buffer.from([0, 255, 1, 30]), 'application/octet-stream');
    await socket.emitWithAck('publish', 'told');
    await socket.emitWithAck('publish', Buffer.from('bytes'));
    return { kinds: await seen };
  },
  async emits() {
    const [speaker, other] = await Promise.all([connected(connect()), connected(connect())]);
    const heard = { speaker: messages(speaker, 2), other: messages(other, 4) };
    const published = await speaker.emitWithAck('publish', 'all');
    const broadcast = await speaker.emitWithAck('broadcast', 'all but me');
    const one = await speaker.emitWithAck('to', other.id, 'you alone');
    await speaker.emitWithAck('publish', 'end');
    return { speaker: await heard.speaker, other: (await heard.other).sort(), next: broadcast.sequence - published.sequence, one };
  },
  async rooms() {
    const [member, outsider] = await Promise.all([connected(connect({ query: {} })), connected(connect({ query: {} }))]);
    const heard = messages(member, 2);
    let leaked = 0;
    outsider.on('message', () => leaked++);
    const joined = await member.emitWithAck('join', 'room');
    await outsider.emitWithAck('to', 'room', 'first');
    await outsider.emitWithAck('to', 'room', Buffer.from('second'));
    const seen = await heard;
    const left = await member.emitWithAck('leave', 'room');
    member.on('message', () => leaked++);
    await outsider.emitWithAck('to', 'room', 'third');
    await member.emitWithAck('join', 'room');
    return { joined, seen, left, leaked };
  },
  async asks() {
    const socket = await connected(connect());
    socket.on('ask', (question, answer) => answer(question + '!', Buffer.from('b')));
    const text = await new Promise((resolve) => socket.emit('ask', 'why', (...values) => resolve(values)));
    return { asks: [text[0], Buffer.from(text[1]).toString()] };
  },
  async refused() {
    const error = await once(connect({}, '/nothing'), 'connect_error');
    const bad = await once(connect({ query: {}, auth: { topic: 5 } }), 'connect_error');
    return { refused: error[0].message, bad: bad[0].message };
  },
  async after() {
    await publish('one', 'text/plain', 'log');
    await publish('two', 'text/plain', 'log');
    const socket = connect({ query: {}, auth: { topic: 'log', after: 1 } });
    return { after: await messages(socket, 1) };
  },
  async recovered() {
    const socket = connect({ query: {}, auth: { topic: 'recover' }, reconnectionDelay: 20, reconnectionDelayMax: 40 });
    await connected(socket);
    const seen = messages(socket, 3);
    const first = once(socket, 'message');
    await publish('1', 'text/plain', 'recover');
    await first;
    const back = once(socket, 'connect');
    socket.io.engine.close();
    await publish('2', 'text/plain', 'recover');
    await publish('3', 'text/plain', 'recover');
    await back;
    return { recovered: socket.recovered, seen: await seen };
  },
};

(async () => {
  for (const [name, part] of Object.entries(parts)) {
    console.log(JSON.stringify({ part: name, ...(await part()) }));
    for (const socket of open.splice(0)) socket.disconnect();
  }
  process.exit(0);
})();
