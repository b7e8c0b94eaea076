// The clients of the demo page, one class a technique: each is what a browser has for it, and nothing else.
import { Client, EventClient, Restarted, cursorOf, get, newDecoder, parseGap, parseLine, pause, sizeOf, untilAborted } from './demo-client.js';

const watchMs = 2000;
const gapCode = 4001;

// Of a payload in a frame from a server (RFC 6455 section 5.2).
const frameSize = (size) => size + (size < 126 ? 2 : size < 65536 ? 4 : 10);

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

class ForeverFrame extends EventClient {
  static technique = 'forever-frame';
  static title = 'Forever frame';
  static how = 'Hidden iframe, whose endless page calls this one';
  route = '/forever-frame';

  receive(signal, connected) {
    this.requests++;
    return untilAborted(signal, (resolve, reject) => {
      const frame = document.createElement('iframe');
      frame.hidden = true;
      frame.title = 'The forever frame';
      frame.src = this.url();
      frame.onload = () => reject(new Error('the page in the frame ended'));
      let silent = true;
      window.pushbench = (sequence, value, kind) => {
        if (silent) this.hold(signal, connected, reject);
        silent = false;
        const script = frame.contentDocument.currentScript;
        const size = sizeOf(script.outerHTML) + 1;   // a line feed follows
        script.remove();   // an endless page must not grow
        this.pass(() => this.takeCall(sequence, value, kind, size, reject));
      };
      document.body.append(frame);
      connected();   // nothing tells of the page in the frame before its first message
      const over = new AbortController();
      this.watch(over.signal).catch(reject);
      return () => {
        over.abort();
        frame.remove();
        delete window.pushbench;
      };
    });
  }

  // A frame whose connection breaks stays as it is, without any event. So the page asks whether the server is still the
  // same, and whether all that had been published when it asked last has come.
  async watch(signal) {
    let due = this.cursor;
    for (;;) {
      await pause(watchMs, signal);
      const { head } = await this.confirmLog(signal);
      if (this.cursor < due) throw new Error('the frame fell silent');
      due = head;
    }
  }

  takeCall(sequence, value, kind, size, reject) {
    this.bytes += size;
    if (kind === 'gap') return this.take({ gap: { first: value, last: sequence } });
    if (sequence !== this.cursor + 1) return reject(new Restarted());
    this.take({ text: kind === 'bytes' ? newDecoder().decode(Uint8Array.from(value, (c) => c.charCodeAt(0))) : value });
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

  async receive(signal, connected) {
    for (;;) this.take({ gap: await this.receiveUpToGap(signal, connected) });
  }

  // A page sees no pongs, in which the server tells programs of a gap: it asks to be told by the end of the connection.
  receiveUpToGap(signal, connected) {
    this.requests++;
    return untilAborted(signal, (resolve, reject) => {
      const socket = new WebSocket(new URL(`${this.url()}&gaps=close`, location.href.replace(/^http/, 'ws')));
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => this.hold(signal, connected, reject);
      socket.onclose = ({ code, reason }) => {
        const gap = code === gapCode && parseGap(reason);
        if (gap) return this.pass(() => resolve(gap));
        reject(new Error(reason || `the connection closed with code ${code}`));
      };
      socket.onmessage = ({ data }) => this.pass(() => {
        const text = typeof data === 'string' ? data : newDecoder().decode(data);
        const size = typeof data === 'string' ? sizeOf(data) : data.byteLength;
        this.bytes += frameSize(size);
        this.take({ text });
      });
      return () => socket.close();
    });
  }
}

class SocketIo extends EventClient {
  static technique = 'socketio';
  static title = 'Socket.IO';
  static how = 'The official client, over WebSocket';

  receive(signal, connected) {
    if (window.io === undefined) {
      throw new Error('the server has no client for pages: start it with --socketio-client FILE, '
        + 'dist/socket.io.min.js of npm\u2019s socket.io-client');
    }
    this.requests++;
    return untilAborted(signal, (resolve, reject) => {
      const auth = { topic: this.log.topic, after: this.cursor };
      // This page has few connections to spare for polling, and reconnects its clients itself.
      const socket = window.io({ auth, transports: ['websocket'], forceNew: true, reconnection: false });
      socket.on('connect', () => this.hold(signal, connected, reject));
      socket.on('connect_error', reject);
      socket.on('disconnect', (reason) => reject(new Error(`the connection closed: ${reason}`)));
      socket.on('gap', (gap) => this.pass(() => this.take({ gap })));
      socket.on('message', (payload, offset) => this.pass(() => {
        if (Number(offset) !== this.cursor + 1) return reject(new Restarted());
        const binary = typeof payload !== 'string';
        const argument = binary ? { _placeholder: true, num: 0 } : payload;
        const packet = (binary ? '451-' : '42') + JSON.stringify(['message', argument, offset]);
        this.bytes += frameSize(sizeOf(packet)) + (binary ? frameSize(payload.byteLength) : 0);
        this.take({ text: binary ? newDecoder().decode(payload) : payload });
      }));
      return () => socket.disconnect();
    });
  }
}

// The order of the page.
export const techniques = [Polling, LongPolling, HttpStreaming, ForeverFrame, Sse, Socket, SocketIo];
