// Clients that others wrote, for the reference server: node push_client.js CLIENT URL COUNT. Prints every message as a line
// of JSON, [data, id], "open" as {"open":true} each time it is connected, and ends after COUNT messages. A client that
// loses its connection asks again from where it was, as a page would.
'use strict';

const { EventSource } = require('eventsource');
const { fetch } = require('undici');

const [, , client, url, count] = process.argv;
let left = Number(count);
let cursor = null;    // sequence of the last message

function print(value) {
  process.stdout.write(JSON.stringify(value) + '\n');
}

function message(data, id = null) {
  print([data, id]);
  if (--left === 0) process.exit(0);
}

function target(route, more = '') {
  return `${url}/${route}?topic=t${cursor === null ? '' : `&after=${cursor}`}${more}`;
}

// A stream begins behind Pushbench-Cursor, the answer to a poll ends with it: after a restart it is less than what the
// client had.
async function asked(address, headers = {}) {
  const answer = await fetch(address, { headers });
  const start = answer.headers.get('Pushbench-Cursor');
  if (start !== null) cursor = Number(start);
  return answer;
}

// Reads `answer` as it comes; `take(text)` returns what is unfinished.
async function read(answer, take) {
  print({ open: true, encoding: answer.headers.get('Content-Encoding') });
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of answer.body) rest = take(rest + decoder.decode(piece, { stream: true }));
}

function takeLines(text) {
  const lines = text.split('\n');
  const rest = lines.pop();
  for (const line of lines) {
    ++cursor;
    message(line, cursor);
  }
  return rest;
}

function takePoll(text) {
  if (text !== '') cursor -= text.split('\n').length - 1;
  takeLines(text);
}

function takeEvents(text) {
  const events = text.split('\n\n');
  const rest = events.pop();
  for (const event of events) {
    const fields = event.split('\n').map((line) => line.split(': '));
    const id = fields.find(([name]) => name === 'id');
    if (id) cursor = Number(id[1]);
    const data = fields.filter(([name]) => name === 'data').map(([, value]) => value).join('\n');
    if (data) message(data, cursor);
  }
  return rest;
}

function takeScripts(text) {
  const scripts = /<script>parent\.pushbench&&parent\.pushbench\((.*?)\)<\/script>/g;
  let end = 0;
  for (const script of text.matchAll(scripts)) {
    end = script.index + script[0].length;
    const [sequence, data] = JSON.parse(`[${script[1]}]`);
    cursor = sequence;
    message(data, sequence);
  }
  return text.slice(end);
}

const clients = {
  'http-streaming': async () => read(await asked(target('http-streaming'), { 'Accept-Encoding': 'identity' }), takeLines),
  'http-streaming gzip': async () => read(await asked(target('http-streaming'), { 'Accept-Encoding': 'gzip' }), takeLines),
  sse: async () => read(await asked(target('sse')), takeEvents),
  'forever-frame': async () => read(await asked(target('forever-frame')), takeScripts),
  'long-polling': async () => {
    for (let first = true; ; first = false) {
      const answer = await asked(target('long-polling', first ? '&hold=0' : ''));
      takePoll(await answer.text());
      if (first) print({ open: true });
    }
  },
  polling: async () => {
    for (let tag = '""', first = true; ; first = false) {
      const answer = await asked(target('polling'), { 'If-None-Match': tag });
      if (answer.status === 200) tag = answer.headers.get('ETag');
      const lines = await answer.text();
      if (answer.status === 304 && lines !== '') throw new Error('a 304 with a body');
      takePoll(lines);
      if (first) print({ open: true });
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
  },
};

function runEventSource() {
  const source = new EventSource(`${url}/sse?topic=t`);
  source.onopen = () => print({ open: true });
  source.onmessage = (event) => message(event.data, Number(event.lastEventId));
}

async function run() {
  for (;;) {
    try {
      await clients[client]();
    } catch (error) {
      if (error.name !== 'TypeError') throw error;    // fetch: the network failed
    }
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

if (client === 'eventsource') runEventSource();
else run();
