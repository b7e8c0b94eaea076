// A browser's half of a forever frame: node frame_client.js < scripts, a JSON array of the sources of a page's <script>
// elements. Runs each in a window whose parent has the function, and prints what that was called with, as JSON.
'use strict';

const vm = require('node:vm');

const calls = [];
const window = vm.createContext({ parent: { pushbench: (...values) => calls.push(values) } });
for (const source of JSON.parse(require('node:fs').readFileSync(0, 'utf8'))) vm.runInContext(source, window);
console.log(JSON.stringify(calls));
