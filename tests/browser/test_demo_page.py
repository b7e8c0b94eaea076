"""The demo page in Chromium: every technique shows every message once and in order, also after the server was killed."""

import json
import re

import pytest

import techniques
from harness import ROOT
from servers import Server

# Those that the page has a class for, in its order.
CLASSES = re.findall(r"static technique = '(.+)';\n\s+static title = '(.+)';", (ROOT / "reference-server/http/demo/demo-techniques.js").read_text())
TECHNIQUES, TITLES = map(list, zip(*CLASSES))
SIZES = {"desktop": (1440, 900), "tablet": (900, 1100), "phone": (390, 844), "wide": (1800, 1000)}

# What each client hands to the page, in full: the page itself shows the last few messages only.
RECORD = """
Promise.all([import('/demo-client.js'), import('/demo-techniques.js')]).then(([{ Client }, { techniques }]) => {
  window.received = Object.fromEntries(techniques.map(({ technique }) => [technique, []]));
  const take = Client.prototype.take;
  Client.prototype.take = function (line) {
    take.call(this, line);
    window.received[this.constructor.technique].push(line.gap ? `gap ${line.gap.first} ${line.gap.last}` : line.text);
  };
})
"""

# Chromium itself reports these while a server is down; no page can keep it from that.
OUTAGE = ("Failed to load resource: net::ERR_", "WebSocket connection to ")


class Page:
    """The page of one server, all its clients connected."""

    def __init__(self, browser, server, **looks):
        self.browser = browser
        self.server = server
        browser.open(server.url + "/?topic=t", **looks)
        browser.do("evaluate", expression=RECORD)
        self.wait_for_every_card("card.dataset.state === 'connected'")

    def wait_for_every_card(self, condition):
        """Until the condition of `card` and its figures `number(NAME)` holds for each technique."""
        self.browser.wait(f"""document.querySelectorAll('article').length === {len(TECHNIQUES)} &&
            [...document.querySelectorAll('article')].every((card) => {{
              const number = (name) => Number(card.querySelector(`[data-value=${{name}}]`).textContent);
              return {condition};
            }})""")

    def publish(self, text, count=1):
        self.browser.do("fill", label="Message", value=text)
        self.browser.do("fill", label="How many", value=str(count))
        self.browser.do("click", role="button", name="Publish")

    def click(self, name):
        self.browser.do("click", role="button", name=name)

    def figure(self, technique, name):
        return self.browser.evaluate(f"document.querySelector('#{technique} [data-value={name}]').textContent")

    def texts(self):
        """What each technique has received: the text of messages published by the page, others as they are."""
        def text(message):
            return json.loads(message)["text"] if message.startswith("{") else message
        received = self.browser.evaluate("window.received")
        return {technique: [text(message) for message in messages] for technique, messages in received.items()}

    def console_errors(self):
        """Since the last call; asserts that no script failed and that the page asked nobody but its server."""
        seen = self.browser.do("seen")
        assert seen["errors"] == []
        own = (self.server.url + "/", self.server.url.replace("http", "ws") + "/", "data:")
        assert [request for request in seen["requests"] if not request.startswith(own)] == []
        return [message["text"] for message in seen["console"] if message["type"] in ("error", "warning")]


@pytest.fixture
def page(browser, server):
    return Page(browser, server)


def of_every_technique(value):
    return dict.fromkeys(TECHNIQUES, value)


def test_the_page_has_classes_of_techniques_alone():
    assert len(TECHNIQUES) >= 7 and set(TECHNIQUES) <= set(techniques.TECHNIQUES)


def test_every_technique_receives_all_in_order_and_again_after_the_server_was_killed(page, server):
    page.publish("before", 100)
    page.wait_for_every_card("number('messages') === 100")
    before = [f"before {i}" for i in range(1, 101)]
    assert page.texts() == of_every_technique(before)
    assert page.console_errors() == []

    server.kill()
    page.wait_for_every_card("card.dataset.state === 'waiting'")
    server.start_again()
    # Some come before, some after a client is back; some at sequences that it had already passed in the old log.
    while_away = [f"while away {i}" for i in range(120)]
    for text in while_away:
        server.running.publish(text.encode())
    page.wait_for_every_card("card.dataset.state === 'connected' && number('reconnects') > 0 && number('messages') === 220")
    assert all(error.startswith(OUTAGE) for error in page.console_errors())

    page.publish("after", 3)
    page.wait_for_every_card("number('messages') === 223")
    assert page.texts() == of_every_technique([*before, *while_away, "after 1", "after 2", "after 3"])
    assert page.console_errors() == []


def test_a_paused_client_receives_on_return_what_it_missed(page, server):
    for title in TITLES:
        page.click(f"Pause {title}")
    page.wait_for_every_card("card.dataset.state === 'paused'")
    page.publish("missed", 3)
    page.browser.wait("document.getElementById('published').textContent.startsWith('3 published')")
    assert page.texts() == of_every_technique([])
    for title in TITLES:
        page.click(f"Resume {title}")
    page.wait_for_every_card("number('messages') === 3")
    assert page.texts() == of_every_technique(["missed 1", "missed 2", "missed 3"])


def test_a_frame_that_falls_silent_is_noticed_and_loses_nothing(page):
    page.browser.evaluate("window.pushbench = null")    # as if its connection had broken: nothing more comes, and no event
    page.publish("m", 2)
    page.wait_for_every_card("number('messages') === 2 && number('reconnects') === (card.id === 'forever-frame' ? 1 : 0)")
    assert page.texts() == of_every_technique(["m 1", "m 2"])


def test_a_client_that_was_away_for_longer_than_the_log_reaches_is_told_the_gap(browser, start_server):
    page = Page(browser, start_server("--log-size", "4"))
    page.click("Pause WebSocket")
    page.click("Pause Server-Sent Events")
    page.browser.wait("['sse', 'websocket'].every((id) => document.getElementById(id).dataset.state === 'paused')")
    page.publish("m", 10)
    page.browser.wait("document.getElementById('published').textContent.startsWith('10 published')")
    page.click("Resume WebSocket")
    page.click("Resume Server-Sent Events")
    page.browser.wait("['sse', 'websocket'].every((id) => window.received[id].length === 5)")
    for technique in ("sse", "websocket"):
        assert page.texts()[technique] == ["gap 1 6", "m 7", "m 8", "m 9", "m 10"]
        page.browser.wait(f"document.querySelector('#{technique} .log').textContent.includes('no longer in the')")


def test_every_payload_arrives_as_it_was_published(page, server):
    messages = [b"", b"two\nlines\n", b"\x10n", b"\x10", "grüße €".encode(), b"</script><b>&amp;", "\u2028".encode(), b'{"page": 1',
                b"\xff\x00 no text", b"x" * 70_000]
    for message in messages:
        server.running.publish(message)
    page.wait_for_every_card(f"number('messages') === {len(messages)}")
    shown = [message.decode(errors="replace") for message in messages]
    assert page.browser.evaluate("window.received") == of_every_technique(shown)
    assert page.console_errors() == []


def test_the_bytes_are_those_of_the_formats(page, server):
    with server.running.connect() as stream:
        stream.get("/sse?topic=t&after=0")
        stream.read_head()
        server.running.publish(b"hello")
        event = stream.read_chunk()
    page.wait_for_every_card("number('messages') === 1")
    assert page.figure("sse", "bytes") == str(len(event))
    assert page.figure("http-streaming", "bytes") == str(len("hello\n"))
    assert page.figure("websocket", "bytes") == str(2 + len("hello"))
    with server.running.connect() as poll:
        poll.get("/long-polling?topic=t&after=0")
        answer = poll.read_until(b"\r\n\r\n") + poll.read_exactly(len("hello\n"))
    page.browser.wait(f"document.querySelector('#long-polling [data-value=bytes]').textContent === '{len(answer)}'")


def test_without_the_official_client_its_card_says_how_to_get_it(browser):
    server = Server()
    try:
        browser.open(server.url + "/?topic=t")
        browser.wait("document.getElementById('socketio')?.textContent.includes('--socketio-client FILE')")
        assert browser.do("seen")["errors"] == []
    finally:
        server.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_is_accessible_and_fits(browser, server, tmp_path, scheme, size):
    width, height = SIZES[size]
    page = Page(browser, server, scheme=scheme, width=width, height=height)
    page.publish("hello", 8)
    page.wait_for_every_card("number('messages') === 8")
    browser.do("screenshot", path=str(tmp_path / f"{size}-{scheme}.png"))
    assert browser.do("axe") == []
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate("[...document.querySelectorAll('article')].every((card) => card.scrollWidth <= card.clientWidth)")
    colours = browser.evaluate("[...document.querySelectorAll('article')].map((card) => getComputedStyle(card).borderTopColor)")
    assert len(set(colours)) == len(TECHNIQUES)
    assert page.console_errors() == []


def test_the_keyboard_alone_publishes_and_pauses(page):
    page.browser.evaluate("document.getElementById('text').focus()")
    page.browser.do("press", key="Enter")
    page.wait_for_every_card("number('messages') === 1")
    for _ in range(6):    # how many, pause between, publish, topic, change topic, the first card's button
        page.browser.do("press", key="Tab")
    assert page.browser.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.browser.do("press", key="Space")
    page.browser.wait("document.getElementById('polling').dataset.state === 'paused'")


def test_a_screen_reader_is_told_of_messages_in_one_sentence(page):
    page.publish("hello", 5)
    page.browser.wait("document.getElementById('announcer').textContent.includes("
                      + json.dumps("Messages received: " + ", ".join(f"{title} 5" for title in TITLES) + ".") + ")")
