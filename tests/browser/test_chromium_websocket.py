"""Chromium's WebSocket, which offers permessage-deflate unasked, against /echo and /websocket."""

import pytest

TALK = """(async () => {
  const event = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));
  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/echo', ['other', 'chat.v2']);
  socket.binaryType = 'arraybuffer';
  await event(socket, 'open');
  const same = [];
  for (const text of ['', 'gr\\u00fc\\u00dfe', 'word '.repeat(4000), 'word '.repeat(4000)]) {
    socket.send(text);
    same.push((await event(socket, 'message')).data === text);
  }
  const bytes = new Uint8Array(1 << 20).map((_, i) => i * i >> 3);
  socket.send(bytes);
  const back = new Uint8Array((await event(socket, 'message')).data);
  same.push(back.length === bytes.length && back.every((byte, i) => byte === bytes[i]));
  socket.close(4000, 'enough');
  const { code, wasClean } = await event(socket, 'close');
  return { same, extensions: socket.extensions, protocol: socket.protocol, code, wasClean };
})()"""


@pytest.mark.parametrize("mode, extensions", [
    ("context-takeover", "permessage-deflate"),
    ("no-context-takeover", "permessage-deflate; server_no_context_takeover; client_no_context_takeover"),
    ("off", ""),
])
def test_chromium_and_the_echo_understand_each_other(browser, start_server, mode, extensions):
    server = start_server("--conformance", "--deflate", mode, "--subprotocol", "chat.v2")
    browser.open(server.url + "/healthz")
    talk = browser.evaluate(TALK)
    assert talk == {"same": [True] * 5, "extensions": extensions, "protocol": "chat.v2", "code": 4000, "wasClean": True}
    assert (server.running.stats()["compression"]["messages"] > 0) == (mode != "off")
