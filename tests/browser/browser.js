// Chromium on a leash: node browser.js FOLDER. Reads one command a line as JSON, {"do": NAME, ...}, and answers each with one line,
// {"result": ...} or {"error": "..."}. FOLDER is for the browser's profile.
'use strict';

const readline = require('node:readline');
const { chromium } = require('playwright-core');

const patience = 60_000;   // ms; an event that has not come by then will not come
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];

let context;
let page;
const seen = { console: [], errors: [], requests: [] };

const commands = {
  async open({ url, scheme, width, height }) {
    page = page ?? await context.newPage();
    await page.emulateMedia({ colorScheme: scheme });
    await page.setViewportSize({ width, height });
    await page.goto(url);
  },
  // Waits until the expression is true in the page.
  wait({ expression }) {
    // Not waitForFunction(): it evaluates strings inside the page, which the page's policy forbids.
    const holds = page.evaluate(`new Promise((resolve) => {
      const look = () => { if (${expression}) resolve(null); else requestAnimationFrame(look); };
      look();
    })`);
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`it never came: ${expression}`)), patience);
    });
    return Promise.race([holds, late]).finally(() => clearTimeout(timer));
  },
  evaluate: ({ expression }) => page.evaluate(expression),
  fill: ({ label, value }) => page.getByLabel(label, { exact: true }).fill(value, { timeout: patience }),
  press: ({ key }) => page.keyboard.press(key),
  click: ({ role, name }) => page.getByRole(role, { name, exact: true }).click({ timeout: patience }),
  screenshot: ({ path }) => page.screenshot({ path, fullPage: true }).then(() => null),
  async axe() {
    await page.evaluate(require('axe-core').source);
    const { violations } = await page.evaluate('axe.run()');
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
  },
  // What the page has said and asked since the last time.
  seen: () => Object.fromEntries(Object.entries(seen).map(([kind, list]) => [kind, list.splice(0)])),
};

async function main() {
  context = await chromium.launchPersistentContext(process.argv[2], { executablePath: '/usr/bin/chromium', headless: true, args: flags });
  page = context.pages()[0];
  context.on('console', (message) => seen.console.push({ type: message.type(), text: message.text() }));
  context.on('weberror', (error) => seen.errors.push(String(error.error())));
  context.on('request', (request) => seen.requests.push(request.url()));
  page.on('websocket', (socket) => seen.requests.push(socket.url()));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    let answer;
    try {
      answer = { result: (await commands[command.do](command)) ?? null };
    } catch (error) {
      answer = { error: String(error) };
    }
    process.stdout.write(JSON.stringify(answer) + '\n');
  }
  await context.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
