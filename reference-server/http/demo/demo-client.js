// What the clients of the demo page have in common: connecting, coming back, and knowing where they were.
//
// All resume by cursor, the sequence of the last message they have seen (docs/reference-server.md). The server keeps
// its log in memory, so a restart begins a new one at 1, where an old cursor means nothing: the `instance` of /stats
// tells one log from the other. After a restart a client reads the new log from its beginning: nothing that is in it
// can have been seen before.

const firstRetryMs = 250;
const longestRetryMs = 4000;
const utf8 = new TextEncoder();
export const newDecoder = () => new TextDecoder('utf-8', { ignoreBOM: true });
export const sizeOf = (text) => utf8.encode(text).length;

export class Restarted extends Error {
  constructor() { super('the server was restarted and its log began anew'); }
}

// Runs until `signal` aborts it; `begin(resolve, reject)` returns how to end what it began.
export async function untilAborted(signal, begin) {
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

export function pause(milliseconds, signal) {
  return untilAborted(signal, (resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    return () => clearTimeout(timer);
  });
}

export async function get(url, signal) {
  const answer = await fetch(url, { signal, cache: 'no-store' }).catch(() => { throw new Error('the server does not answer'); });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer;
}

// The topic's log as the server tells of it.
export class ServerLog {
  instance = null;    // of the server that answered last

  constructor(topic) { this.topic = topic; }

  async look(signal) {
    const { instance, topics } = await (await get(`/stats?topic=${encodeURIComponent(this.topic)}`, signal)).json();
    this.instance = instance;
    return { instance, head: topics[0]?.head ?? 0 };
  }
}

// A line of the format of wire/lines.h, without its line feed.
export function parseLine(line) {
  const gap = line.startsWith('\x10') && parseGap(line.slice(1));
  if (gap) return { gap };
  return { text: line.replace(/\x10([nd])/g, (_, letter) => (letter === 'n' ? '\n' : '\x10')) };
}

export function parseGap(text) {
  const match = /^gap (\d+) (\d+)$/.exec(text);
  return match && { first: Number(match[1]), last: Number(match[2]) };
}

export const cursorOf = (value) => (value === null ? NaN : Number(value));

// Connects, finds the cursor, receives, and again with growing pauses when it breaks.
export class Client {
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
    const seen = await this.log.look(signal);
    if (seen.instance !== this.instance) throw new Restarted();
    return seen;
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

// EventSource, WebSocket and a frame hand over events but no head of an answer: what comes first is held back until the
// server has confirmed its log.
export class EventClient extends Client {
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
