// npm's `ws` as a server: node ws_server.js OPTIONS, with the constructor's options as JSON. Prints its port as the first line.
// /cases sends messages of every kind, expects each back as it was, and closes with 1000; a line of JSON says how that went. Any other path is a
// topic of the load generator's reference routes: POST /publish?topic=T reaches every WebSocket of /websocket?topic=T.
'use strict';

const crypto = require('node:crypto');
const http = require('node:http');
const { once } = require('node:events');
const { WebSocketServer } = require('ws');

const options = JSON.parse(process.argv[2]);
const topics = new Map();

const server = http.createServer((request, response) => {
  const body = [];
  request.on('data', (piece) => body.push(piece));
  request.on('end', () => {
    const topic = new URL(request.url, 'http://x').searchParams.get('topic');
    const binary = request.headers['content-type'] === 'application/octet-stream';
    for (const socket of topics.get(topic) ?? []) socket.send(Buffer.concat(body), { binary });
    response.end('{}');
  });
});
const sockets = new WebSocketServer({ ...options, server, maxPayload: 1 << 26, handleProtocols: (offered) => offered.has('chat.v2') && 'chat.v2' });

async function cases(socket, extensions) {
  let answered = 0;
  const messages = ['', 'x', 'grüße 😀', 'word '.repeat(3000), 'word '.repeat(3000), Buffer.alloc(0), crypto.randomBytes(70000),
    Buffer.alloc(1 << 20, 'mebibyte')];
  for (const message of messages) {
    socket.send(message);
    const [answer, isBinary] = await once(socket, 'message');
    answered += isBinary === (typeof message !== 'string') && Buffer.from(message).equals(answer) ? 1 : 0;
  }
  socket.send('in ', { fin: false });
  socket.ping('between');
  socket.send('pieces', { fin: true });
  const pong = once(socket, 'pong');
  const message = once(socket, 'message');
  const whole = (await message)[0].toString() === 'in pieces' && (await pong)[0].toString() === 'between';
  socket.close(1000, 'all asked');
  const [code] = await once(socket, 'close');
  console.log(JSON.stringify({ answered, of: messages.length, whole, code, extensions, protocol: socket.protocol }));
}

sockets.on('headers', (headers, request) => {
  request.agreed = headers.find((line) => line.startsWith('Sec-WebSocket-Extensions: '))?.split(': ')[1] ?? '';
});
sockets.on('connection', (socket, request) => {
  const { pathname, searchParams } = new URL(request.url, 'http://x');
  if (pathname === '/cases') return cases(socket, request.agreed);
  const topic = searchParams.get('topic');
  if (!topics.has(topic)) topics.set(topic, new Set());
  topics.get(topic).add(socket);
  socket.on('close', () => topics.get(topic).delete(socket));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
