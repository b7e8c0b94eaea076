// The clients of the demo page: each one is what a browser has for its technique, and nothing else.
//
// All resume by cursor, the sequence of the last message they have seen (docs/reference-server.md). The server keeps
// its log in memory, so a restart begins a new one at 1, where an old cursor means nothing: the `instance` of /stats
// tells one log from the other. After a restart a client reads the new log from its beginning: nothing that is in it
// can have been seen before.

const firstRetryMs = 250;
const longestRetryMs = 4000;
const utf8 = new TextEncoder();
const newDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true });
const sizeOf = (text) => utf8.encode(text).length;

class Restarted extends Error {
  constructor() { super('the server was restarted and its log began anew'); }
}

// Runs until `signal` aborts it; `begin(resolve, reject)` returns how to end what it began.
async function untilAborted(signal, begin) {
  signal.throwIfAborted();
  let end;
  let aborted;
  try {
    return await new Promise((resolve, reject) => {
      aborted = () => reject(signal.reason);
      signal.addEventListener('abort', aborted);
      end = begin(resolve, reject);
    });
  } finally {
    signal.removeEventListener('abort', aborted);
    end();
  }
}

function pause(milliseconds, signal) {
  return untilAborted(signal, (resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    return () => clearTimeout(timer);
  });
}

async function get(url, signal) {
  const answer = await fetch(url, { signal, cache: 'no-store' }).catch(() => { throw new Error('the server does not answer'); });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer;
}

// The topic's log as the server tells of it.
export class ServerLog {
  instance = null;    // of the server that answered last

  constructor(topic) { this.topic = topic; }

  async look(signal) {
    const { instance, topics } = await (await get('/stats', signal)).json();
    this.instance = instance;
    return { instance, head: topics.find((topic) => topic.name === this.topic)?.head ?? 0 };
  }
}

// A line of the format of wire/lines.h, without its line feed.
function parseLine(line) {
  const gap = parseGap(line);
  if (gap) return { gap };
  return { text: line.replace(/\x10([nd])/g, (_, letter) => (letter === 'n' ? '\n' : '\x10')) };
}

function parseGap(text) {
  const match = /^\x10gap (\d+) (\d+)$/.exec(text);
  return match && { first: Number(match[1]), last: Number(match[2]) };
}

const cursorOf = (value) => (value === null ? NaN : Number(value));

// What they have in common: connect, find the cursor, receive, and again with growing pauses when it breaks.
class Client {
  messages = 0;
  requests = 0;      // of this technique; looking at /stats is not counted
  bytes = 0;         // received, as far as a page can see them: payload and framing, heads where each answer has one
  reconnects = 0;
  cursor = null;     // null: has never been connected
  instance = null;   // of the server whose log the cursor belongs to
  state = 'paused';  // connecting, connected, waiting, paused
  reason = '';       // why it waits

  constructor(log, observer) {
    this.log = log;
    this.observer = observer;   // onMessage(client, text), onGap(client, gap), onState(client)
  }

  start() {
    this.abort = new AbortController();
    this.run(this.abort.signal);
  }

  stop() { this.abort.abort(); }

  async run(signal) {
    let retryMs = firstRetryMs;
    let broken = false;
    const connected = () => {
      if (broken) this.reconnects++;
      broken = false;
      retryMs = firstRetryMs;
      this.tell('connected');
    };
    while (!signal.aborted) {
      try {
        this.tell('connecting');
        await this.findCursor(signal);
        await this.receive(signal, connected);
        this.reason = 'the server ended the stream';
      } catch (error) {
        if (signal.aborted) break;
        this.reason = error.message;
      }
      broken = true;
      this.tell('waiting');
      // Spread, so that the clients of a restarted server do not all come back at once.
      await pause(retryMs * (0.75 + Math.random() / 2), signal).catch(() => {});
      retryMs = Math.min(2 * retryMs, longestRetryMs);
    }
    this.tell('paused');
  }

  async findCursor(signal) {
    const { instance, head } = await this.log.look(signal);
    if (this.instance === null) this.cursor = head;
    else if (this.instance !== instance) this.cursor = 0;
    this.instance = instance;
  }

  // The server that has just accepted a connection must have the log that the cursor belongs to.
  async confirmLog(signal) {
    const { instance } = await this.log.look(signal);
    if (instance !== this.instance) throw new Restarted();
  }

  url() {
    return `${this.route}?topic=${encodeURIComponent(this.log.topic)}&after=${this.cursor}`;
  }

  tell(state) {
    this.state = state;
    this.observer.onState(this);
  }

  take({ gap, text }) {
    if (gap) {
      this.cursor = gap.last;
      this.observer.onGap(this, gap);
    } else {
      this.cursor++;
      this.messages++;
      this.observer.onMessage(this, text);
    }
  }

  // The whole body of an answer to a poll; `cursor` is the header's, that of its last message.
  takeAnswer(body, cursor) {
    const lines = newDecoder().decode(body).split('\n').slice(0, -1).map(parseLine);
    const end = lines.reduce((at, line) => line.gap?.last ?? at + 1, this.cursor);
    // A restart between two requests breaks no connection of this client, but of others, who then look at the log.
    if (end !== cursor || this.log.instance !== this.instance) throw new Restarted();
    for (const line of lines) this.take(line);
  }
}

class Polling extends Client {
  static technique = 'polling';
  static title = 'Polling';
  static how = 'fetch, again and again at an interval';
  route = '/polling';
  intervalMs = 1000;

  async receive(signal, connected) {
    for (;;) {
      this.requests++;
      const answer = await get(this.url(), signal);
      const body = await answer.arrayBuffer();
      this.bytes += this.headSize(answer) + body.byteLength;
      this.takeAnswer(body, cursorOf(answer.headers.get('Pushbench-Cursor')));
      connected();
      await pause(this.intervalMs, signal);
    }
  }

  headSize(answer) {
    let size = `HTTP/1.1 ${answer.status} ${answer.statusText}\r\n\r\n`.length;
    for (const [name, value] of answer.headers) size += name.length + value.length + ': \r\n'.length;
    return size;
  }
}

class LongPolling extends Client {
  static technique = 'long-polling';
  static title = 'Long polling';
  static how = 'XMLHttpRequest, held until there is a message, then asked again';
  route = '/long-polling';

  async receive(signal, connected) {
    for (;;) {
      connected();   // the request that is held is the connection; nothing tells of it before the answer
      const answer = await this.ask(signal);
      if (answer.status !== 200) throw new Error(`the server answered ${answer.status}`);
      this.bytes += answer.head.length + answer.body.byteLength;
      this.takeAnswer(answer.body, answer.cursor);
    }
  }

  ask(signal) {
    this.requests++;
    return untilAborted(signal, (resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open('GET', this.url());
      request.responseType = 'arraybuffer';
      request.onload = () => resolve({
        status: request.status,
        head: `HTTP/1.1 ${request.status} ${request.statusText}\r\n${request.getAllResponseHeaders()}\r\n`,
        body: request.response,
        cursor: cursorOf(request.getResponseHeader('Pushbench-Cursor')),
      });
      request.onerror = () => reject(new Error('the connection broke'));
      request.send();
      return () => request.abort();
    });
  }
}

class HttpStreaming extends Client {
  static technique = 'http-streaming';
  static title = 'HTTP streaming';
  static how = 'fetch, reading one endless body';
  route = '/http-streaming';

  async receive(signal, connected) {
    this.requests++;
    const answer = await get(this.url(), signal);
    if (cursorOf(answer.headers.get('Pushbench-Cursor')) !== this.cursor) throw new Restarted();
    await this.confirmLog(signal);
    connected();
    const decoder = newDecoder();
    const reader = answer.body.getReader();
    let rest = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.bytes += value.byteLength;
      const lines = (rest + decoder.decode(value, { stream: true })).split('\n');
      rest = lines.pop();
      for (const line of lines) this.take(parseLine(line));
    }
  }
}

// EventSource and WebSocket hand over events but no head of an answer: what comes first is held back until the server
// has confirmed its log.
class EventClient extends Client {
  held = [];   // null: handed on at once

  hold(signal, connected, reject) {
    const held = [];
    this.held = held;
    this.confirmLog(signal).then(() => {
      if (this.held !== held) return;   // opened again meanwhile
      this.held = null;
      connected();
      for (const handle of held) handle();
    }).catch(reject);
  }

  pass(handle) {
    if (this.held === null) handle();
    else this.held.push(handle);
  }
}

class Sse extends EventClient {
  static technique = 'sse';
  static title = 'Server-Sent Events';
  static how = 'EventSource; the browser itself reconnects and tells the last id';
  route = '/sse';

  receive(signal, connected) {
    this.requests++;
    return untilAborted(signal, (resolve, reject) => {
      const source = new EventSource(this.url());
      const reconnected = () => { this.reconnects++; connected(); };
      let opened = connected;
      source.onopen = () => {
        this.hold(signal, opened, reject);
        opened = reconnected;
      };
      source.onerror = () => {
        this.reason = 'the browser tries again';
        if (source.readyState === EventSource.CLOSED) return reject(new Error('the browser gave up'));
        this.requests++;
        this.tell('waiting');
      };
      source.onmessage = ({ data, lastEventId }) => this.pass(() => {
        if (Number(lastEventId) !== this.cursor + 1) return reject(new Restarted());
        this.bytes += sizeOf(`id: ${lastEventId}\ndata: ${data.replaceAll('\n', '\ndata: ')}\n\n`);
        this.take({ text: data });
      });
      source.addEventListener('gap', ({ data }) => this.pass(() => this.take({ gap: JSON.parse(data) })));
      return () => source.close();
    });
  }
}

class Socket extends EventClient {
  static technique = 'websocket';
  static title = 'WebSocket';
  static how = 'WebSocket, the one that could also send';
  route = '/websocket';

  receive(signal, connected) {
    this.requests++;
    return untilAborted(signal, (resolve, reject) => {
      const socket = new WebSocket(new URL(this.url(), location.href.replace(/^http/, 'ws')));
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => this.hold(signal, connected, reject);
      socket.onclose = ({ code, reason }) => reject(new Error(reason || `the connection closed with code ${code}`));
      socket.onmessage = ({ data }) => this.pass(() => {
        const text = typeof data === 'string' ? data : newDecoder().decode(data);
        const size = typeof data === 'string' ? sizeOf(data) : data.byteLength;
        this.bytes += size + (size < 126 ? 2 : size < 65536 ? 4 : 10);   // RFC 6455 section 5.2
        const gap = typeof data === 'string' && parseGap(data);
        this.take(gap ? { gap } : { text });
      });
      return () => socket.close();
    });
  }
}

// The order of the page.
export const clients = [Polling, LongPolling, HttpStreaming, Sse, Socket];
