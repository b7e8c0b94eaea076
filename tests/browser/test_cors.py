"""A page of one origin and a reference server of another: Chromium decides who may read what."""

# Each way a page has to ask: the message it reads, or that the browser keeps it from it.
ASK = """(async () => {
  const fetched = (route, options) => fetch(OTHER + route, options).then((answer) => answer.text(), () => 'refused');
  const requested = (route, withCredentials) => new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('GET', OTHER + route);
    request.withCredentials = withCredentials;
    request.onload = () => resolve(request.responseText);
    request.onerror = () => resolve('refused');
    request.send();
  });
  const followed = (withCredentials) => new Promise((resolve) => {
    const source = new EventSource(OTHER + '/sse?topic=t&after=0', { withCredentials });
    const end = (result) => { source.close(); resolve(result); };
    source.onmessage = ({ data }) => end(data);
    source.onerror = () => end(source.readyState === EventSource.CLOSED ? 'refused' : 'broken');
  });
  const results = {};
  for (const credentials of ['omit', 'include']) {
    const include = credentials === 'include';
    results[credentials] = [
      await fetched('/polling?topic=t&after=0', { credentials }),
      await fetched('/http-streaming?topic=t&after=0&limit=1', { credentials, method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json', 'X-Own': '1' } }),
      await requested('/long-polling?topic=t&after=0', include),
      await followed(include),
    ].map((text) => text.trim());
  }
  return results;
})()"""

READ = ["hello"] * 4
REFUSED = ["refused"] * 4


def ask(browser, server):
    return browser.evaluate(ASK.replace("OTHER", f"'{server.url}'"))


def test_only_named_origins_read_and_with_credentials_only_where_the_server_allows_it(browser, start_server):
    page = start_server()
    browser.open(page.url + "/healthz")     # of this origin, and without the policy of the demo page
    browser.evaluate("document.cookie = 'secret=1'")
    results = {}
    for options in [(), ("--cors", "http://elsewhere.example"), ("--cors", "*"), ("--cors", page.url), ("--cors", page.url, "--cors-credentials")]:
        other = start_server(*options)
        other.running.publish(b"hello")
        results[options[1:]] = ask(browser, other)
    assert results == {
        (): {"omit": REFUSED, "include": REFUSED},
        ("http://elsewhere.example",): {"omit": REFUSED, "include": REFUSED},
        ("*",): {"omit": READ, "include": REFUSED},
        (page.url,): {"omit": READ, "include": REFUSED},
        (page.url, "--cors-credentials"): {"omit": READ, "include": READ},
    }


def test_a_page_of_another_origin_publishes_and_reads_the_cursor(browser, start_server):
    page = start_server()
    other = start_server("--cors", page.url, "--cors-credentials")
    browser.open(page.url + "/healthz")
    talk = """(async () => {
      const options = { method: 'POST', body: 'hello', credentials: 'include', headers: { 'Content-Type': 'application/octet-stream' } };
      const { sequence } = await (await fetch(OTHER + '/publish?topic=t', options)).json();
      const answer = await fetch(OTHER + '/polling?topic=t&after=0', { credentials: 'include', headers: { 'If-None-Match': '""' } });
      return [sequence, answer.headers.get('Pushbench-Cursor'), answer.headers.get('ETag'), await answer.text()];
    })()"""
    assert browser.evaluate(talk.replace("OTHER", f"'{other.url}'")) == [1, "1", '"1"', "hello\n"]
