"""A push server that knows what it did: independent of the code under test, with faults on order, every one of them counted."""

import asyncio
import base64
import contextlib
import hashlib
import threading
import urllib.parse

from formats import FORMATS

ACCEPT_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"     # RFC 6455, section 1.3


class Faults:
    """What happens on the way to the subscribers. `pattern` maps (sequence, subscriber) to drop, twice, swap (goes after the next
    message) or corrupt, or to None; sequences start at 1, subscribers at 0. `stagger_s` delays subscriber n by n times that. After the
    message `cut_at` every stream is closed; one that comes back waits for the next message, which it has missed like those before, and is
    subscribed right after it. With `resumes` it then gets what it asks for. `pattern` may say foreign, too: a message without a marker goes first.
    A stream, or a poll, is answered `answer_s` late. `beats` = (n, count, every_s): when n streams are there, each gets so many heartbeats. Every message
    of `stray` also goes to the subscribers of the other topics. The stream `late` = (subscriber, sequence) is answered right after that message, and gets
    all that came before."""

    def __init__(self, delay_s=0.0, stall_at=None, stall_s=0.0, pattern=lambda sequence, subscriber: None, comment=b"", stagger_s=0.0, cut_at=None,
                 resumes=False, answer_s=0.0, beats=None, stray=(), late=None):
        self.answer_s, self.beats, self.stray, self.late = answer_s, beats, stray, late
        self.delay_s, self.stall_at, self.stall_s, self.pattern, self.comment = delay_s, stall_at, stall_s, pattern, comment
        self.stagger_s, self.cut_at, self.resumes = stagger_s, cut_at, resumes


def accept_key(key):
    return base64.b64encode(hashlib.sha1((key + ACCEPT_GUID).encode()).digest()).decode()


def damaged(message):
    """The last character becomes another one of the same alphabet."""
    return message[:-1] + (b"A" if message[-1:] != b"A" else b"B")


STRANGER = b"what somebody else has to say"


def copies_of(fault, message):
    return {"drop": [], "twice": [message, message], "corrupt": [damaged(message)], "foreign": [STRANGER, message]}.get(fault, [message])


class Subscriber:
    """One stream. `frame` makes the bytes of a message, `beat` is a heartbeat."""

    def __init__(self, number, writer, frame, beat=b""):
        self.number, self.writer, self.frame, self.beat, self.waiting, self.sent = number, writer, frame, beat, None, 0

    def tell(self, faults, sequence, message):
        fault = faults.pattern(sequence, self.number)
        if fault == "swap":
            self.waiting = message
            return
        copies = copies_of(fault, message)
        if self.waiting is not None:
            copies.append(self.waiting)
            self.waiting = None
        data = b"".join(self.frame(copy) for copy in copies)
        if data and not self.writer.is_closing():
            self.writer.write(data)
            self.sent += len(data)


class Topic:
    def __init__(self):
        self.log, self.subscribers, self.news = [], [], asyncio.Event()


class Truth:
    def __init__(self, faults):
        self.faults, self.topics, self.heads, self.next_number, self.held_until = faults, {}, [], {}, 0.0
        self.heads_in, self.heads_out, self.stalled, self.tasks = [], [], 0, set()
        self.late_s = 0.0     # the most that a message left after the time that the faults say
        self.missed, self.replayed, self.cut = [], [], False      # of each stream that came back: messages
        self.strays, self.early = 0, []                           # sent to those of another topic; sequences that came before the answer to their stream
        self.streams = []                                         # every subscriber of a stream

    def topic(self, query):
        return self.topics.setdefault(query["topic"][0], Topic())

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                request, *lines = head.decode("latin-1").split("\r\n")
                method, target, _ = request.split(" ")
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if line)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                route, _, query = target.partition("?")
                if await self.handle(method, route[1:], writer, urllib.parse.parse_qs(query), headers, body, len(head)):
                    await reader.read()          # a stream: until the client goes
                    return
                if headers.get("connection") == "close":
                    await reader.read()          # the client closes first
                    break
        writer.close()

    async def handle(self, method, route, writer, query, headers, body, size):
        if method == "GET" and route in FORMATS:
            return await self.get_stream(route, writer, query, headers, size)
        answer = getattr(self, f"{method.lower()}_{route.replace('-', '_')}")
        return await answer(writer, query, headers, body, size)

    # Publishing.

    async def post_publish(self, writer, query, headers, body, size):
        topic = self.topic(query)
        loop = asyncio.get_running_loop()
        sequence = topic.sequence = getattr(topic, "sequence", 0) + 1
        if self.faults.stall_at == sequence:
            self.held_until = loop.time() + self.faults.stall_s
        due = loop.time() + self.faults.delay_s
        if due < self.held_until:
            due, self.stalled = self.held_until, self.stalled + 1
        if due > loop.time():
            loop.call_at(due, self.deliver_at, due, topic, sequence, body)      # equal times keep their order
        else:
            self.deliver(topic, sequence, body)
        self.answer(writer, b"{}")

    def deliver_at(self, due, topic, sequence, message):
        self.deliver(topic, sequence, message)
        self.late_s = max(self.late_s, asyncio.get_running_loop().time() - due)

    def deliver(self, topic, sequence, message):
        topic.log.append((sequence, message))
        for subscriber in topic.subscribers:
            if self.faults.stagger_s:
                asyncio.get_running_loop().call_later(subscriber.number * self.faults.stagger_s, subscriber.tell, self.faults, sequence, message)
            else:
                subscriber.tell(self.faults, sequence, message)
        if sequence in self.faults.stray:
            strangers = [subscriber for other in self.topics.values() if other is not topic for subscriber in other.subscribers]
            self.strays += len(strangers)
            for subscriber in strangers:
                subscriber.writer.write(subscriber.frame(message))
        if sequence == self.faults.cut_at:
            self.cut = True
            for subscriber in topic.subscribers:
                subscriber.writer.close()                   # what was written still goes out
            topic.subscribers.clear()
        topic.news.set()
        topic.news = asyncio.Event()

    # Subscribing.

    def answer(self, writer, body, *headers):
        head = "\r\n".join(["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]) + "\r\n\r\n"
        writer.write(head.encode() + body)

    async def beat(self, count, every_s):
        await asyncio.sleep(4 * every_s)         # a busy client may be late to begin its window
        for _ in range(count):
            await asyncio.sleep(every_s)
            for subscriber in self.streams:
                subscriber.writer.write(subscriber.beat)

    async def stream(self, writer, query, head, frame, request_size, beat=b""):
        topic = self.topic(query)
        await asyncio.sleep(self.faults.answer_s)
        if self.cut:
            await topic.news.wait()
            self.missed.append(topic.log[-1][0] - self.faults.cut_at)
        after = int(query["after"][0]) if "after" in query else len(topic.log)
        if self.faults.resumes:
            head = [*head, f"Pushbench-Cursor: {after}"]
        number = self.next_number[topic] = self.next_number.get(topic, -1) + 1
        if self.faults.late is not None and number == self.faults.late[0]:
            while len(topic.log) < self.faults.late[1]:
                await topic.news.wait()
            self.early = [sequence for sequence, _ in topic.log]
        data = ("\r\n".join(head) + "\r\n\r\n").encode()
        self.heads_in.append(request_size)
        self.heads_out.append(len(data))
        replay = topic.log[after:] if self.faults.resumes else []
        if self.cut:
            self.replayed.append(len(replay))
        before = topic.log[:len(self.early)] if self.faults.late is not None and number == self.faults.late[0] else []
        writer.write(data + b"".join(frame(message) for _, message in before + replay))
        topic.subscribers.append(Subscriber(number, writer, frame, beat))
        self.streams.append(topic.subscribers[-1])
        if self.faults.beats is not None and len(self.streams) == self.faults.beats[0]:
            self.tasks.add(asyncio.create_task(self.beat(*self.faults.beats[1:])))
        return True

    async def get_stream(self, technique, writer, query, headers, size):
        form = FORMATS[technique]
        comment = form.comment(self.faults.comment) if self.faults.comment else b""
        head = ["HTTP/1.1 200 OK", f"Content-Type: {form.content_type.decode()}", "Connection: close"] if form.content_type else [
            "HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade",
            "Sec-WebSocket-Accept: " + accept_key(headers["sec-websocket-key"])]
        return await self.stream(writer, query, head, lambda message: comment + form.message(None, message), size, beat=form.heartbeat)

    async def get_polling(self, writer, query, headers, body, size):
        await asyncio.sleep(self.faults.answer_s)
        self.poll(writer, self.topic(query), query, *(["Connection: close"] if headers.get("connection") == "close" else []))

    async def get_long_polling(self, writer, query, headers, body, size):
        topic = self.topic(query)
        after = int(query["after"][0]) if "after" in query else len(topic.log)
        if after == len(topic.log) and int(query["hold"][0]) > 0:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(topic.news.wait(), int(query["hold"][0]) / 1000)
        self.poll(writer, topic, query)

    def poll(self, writer, topic, query, *headers):
        """An answer has no subscriber: the pattern is that of subscriber 0, and nobody's messages change places across answers."""
        lines = []
        for sequence, message in topic.log[int(query["after"][0]):] if "after" in query else []:
            fault = self.faults.pattern(sequence, 0)
            lines += copies_of(fault, message)
        self.answer(writer, b"".join(line + b"\n" for line in lines), "Content-Type: text/plain", f"Pushbench-Cursor: {len(topic.log)}", *headers)


@contextlib.contextmanager
def truth(faults=None):
    """A running server; yields (its URL, the server)."""
    server, loop, ready, address = Truth(faults or Faults()), asyncio.new_event_loop(), threading.Event(), []

    async def main():
        listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=1024)
        address.append("http://127.0.0.1:%d" % listener.sockets[0].getsockname()[1])
        server.stop = asyncio.Event()
        ready.set()
        await server.stop.wait()
        listener.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()))
    thread.start()
    ready.wait(20)
    try:
        yield address[0], server
    finally:
        loop.call_soon_threadsafe(server.stop.set)
        thread.join(20)
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
