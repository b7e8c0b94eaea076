// The demo page: a card for each client, a box to publish from. What a technique does is in demo-techniques.js.
import { ServerLog } from './demo-client.js';
import { techniques } from './demo-techniques.js';

const shownMessages = 6;
const shownCharacters = 160;
const announceEveryMs = 5000;

const topic = new URLSearchParams(location.search).get('topic') || 'demo';
// Tells messages of this page from others: only these carry a time of this page's clock.
const page = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const element = (id) => document.getElementById(id);

const stateWords = {
  connecting: () => 'Connecting',
  connected: () => 'Connected',
  waiting: (client) => `Reconnecting: ${client.reason}`,
  paused: () => 'Paused',
};

// Tells screen readers what changed, seldom enough to be listened to.
class Announcer {
  news = new Map();   // by title, the latest only
  received = false;
  timer = null;

  constructor(line) { this.line = line; }

  say(title, words) {
    this.news.set(title, words);
    this.schedule();
  }

  messageReceived() {
    this.received = true;
    this.schedule();
  }

  schedule() { this.timer ??= setTimeout(() => this.tell(), announceEveryMs); }

  tell() {
    this.timer = null;
    const parts = [...this.news].map(([title, words]) => `${title}: ${words}.`);
    if (this.received) parts.push(`Messages received: ${cards.map((card) => `${card.title} ${card.client.messages}`).join(', ')}.`);
    this.news.clear();
    this.received = false;
    this.line.textContent = parts.join(' ');
  }
}

const announcer = new Announcer(element('announcer'));

// One client's place on the page. Figures are drawn once a frame, however many messages come.
class Card {
  entries = [];
  latency = null;

  constructor(Kind, log) {
    this.client = new Kind(log, this);
    this.title = Kind.title;
    this.root = element('card').content.cloneNode(true).firstElementChild;
    this.root.id = Kind.technique;
    this.root.setAttribute('aria-labelledby', `${Kind.technique}-title`);
    this.find('h3').id = `${Kind.technique}-title`;
    this.find('h3').textContent = Kind.title;
    this.find('.how').textContent = `${Kind.how}.`;
    this.find('button .unseen').textContent = ` ${Kind.title}`;
    this.find('button').addEventListener('click', () => this.toggle());
    if (this.client.intervalMs !== undefined) this.addInterval();
    element('clients').append(this.root);
  }

  find(selector) { return this.root.querySelector(selector); }

  addInterval() {
    const label = document.createElement('label');
    const input = document.createElement('input');
    Object.assign(input, { type: 'number', min: 50, max: 60000, step: 50, value: this.client.intervalMs });
    input.addEventListener('change', () => {
      if (input.checkValidity()) this.client.intervalMs = input.valueAsNumber;
    });
    label.append('Every ', input, ' ms');
    this.find('.controls').append(label);
  }

  toggle() {
    if (this.client.state === 'paused') this.client.start();
    else this.client.stop();
  }

  onState(client) {
    const words = stateWords[client.state](client);
    if (words === this.words) return;
    this.words = words;
    announcer.say(this.title, words);
    this.redraw();
  }

  onMessage(client, text) {
    const stamped = readStamp(text);
    this.latency = stamped ? performance.now() - stamped.at : null;
    this.enter(`${client.cursor}`, stamped ? stamped.text : text, this.latency);
    announcer.messageReceived();
  }

  onGap(client, { first, last }) {
    this.enter('', `${first} to ${last} are no longer in the server's log`, null);
  }

  enter(sequence, text, latency) {
    this.entries.unshift({ sequence, text, latency });
    this.entries.length = Math.min(this.entries.length, shownMessages);
    this.redraw();
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.draw(); });
  }

  draw() {
    const { client } = this;
    const perMessage = (total, digits) => (client.messages === 0 ? '–' : (total / client.messages).toFixed(digits));
    const values = {
      messages: client.messages,
      latency: formatLatency(this.latency),
      bytes: perMessage(client.bytes, 0),
      requests: perMessage(client.requests, 2),
      reconnects: client.reconnects,
      cursor: client.cursor ?? '–',
    };
    for (const [name, value] of Object.entries(values)) this.find(`[data-value=${name}]`).textContent = value;
    this.root.dataset.state = client.state;
    this.find('.state span').textContent = this.words;
    this.find('.verb').textContent = client.state === 'paused' ? 'Resume' : 'Pause';
    this.find('.log').replaceChildren(...this.entries.map(entryLine));
  }
}

function entryLine({ sequence, text, latency }) {
  const line = document.createElement('li');
  const part = (name, content) => {
    const span = document.createElement('span');
    span.className = name;
    span.textContent = content;
    line.append(span, ' ');
  };
  part('sequence', sequence);
  part('text', text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text);
  part('latency', latency === null ? '' : formatLatency(latency));
  return line;
}

function formatLatency(milliseconds) {
  if (milliseconds === null) return '–';
  return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
}

// The time and text of a message that this page has published; null for what came from elsewhere.
function readStamp(text) {
  if (!text.startsWith('{')) return null;
  try {
    const stamped = JSON.parse(text);
    return stamped.page === page ? stamped : null;
  } catch {
    return null;
  }
}

// A run of messages, one after the other; a second press ends it.
class Publisher {
  stopped = true;
  sent = 0;

  async toggle(text, count, gapMs) {
    if (!this.stopped) {
      this.stopped = true;
      return;
    }
    this.stopped = false;
    element('send').textContent = 'Stop';
    try {
      for (let i = 1; i <= count && !this.stopped; i++) {
        if (i > 1 && gapMs > 0) await new Promise((resolve) => setTimeout(resolve, gapMs));
        await this.publish(count > 1 ? `${text} ${i}` : text);
      }
    } catch (error) {
      this.show(`Not published: ${error.message}; ${this.sent} published before`);
    }
    announcer.say('Publish', element('published').textContent);
    this.stopped = true;
    element('send').textContent = 'Publish';
  }

  async publish(text) {
    const body = JSON.stringify({ text, page, at: performance.now() });
    const answer = await fetch(`/publish?topic=${encodeURIComponent(topic)}`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const { sequence } = await answer.json();
    this.sent++;
    this.show(`${this.sent} published from this page; the last is number ${sequence} of the topic`);
  }

  show(words) { element('published').textContent = words; }
}

function showTerminal() {
  const query = `topic=${encodeURIComponent(topic)}`;
  element('terminal').textContent = [
    `curl --data 'hello' '${location.origin}/publish?${query}'`,
    `curl --no-buffer '${location.origin}/sse?${query}&after=0'`,
    `curl '${location.origin}/polling?${query}&after=0'`,
  ].join('\n');
}

const log = new ServerLog(topic);
const cards = techniques.map((Kind) => new Card(Kind, log));
const publisher = new Publisher();
element('topic').value = topic;
element('publish').addEventListener('submit', (event) => {
  event.preventDefault();
  publisher.toggle(element('text').value, element('count').valueAsNumber, element('gap').valueAsNumber);
});
showTerminal();
// Not before the page is loaded: it would wait for the end of the endless one in the frame.
addEventListener('load', () => {
  for (const { client } of cards) client.start();
});
