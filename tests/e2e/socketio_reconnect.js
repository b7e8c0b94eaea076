// The official client through a server's end and its return: node socketio_reconnect.js URL TRANSPORTS. Prints what happens, a line each.
'use strict';

const { io } = require('socket.io-client');

const [url, transports] = process.argv.slice(2);
const socket = io(url, { transports: transports.split(','), query: { topic: 't' }, reconnectionDelay: 20, reconnectionDelayMax: 100 });
socket.on('connect', () => console.log('connected'));
socket.on('disconnect', () => console.log('disconnected'));
socket.on('message', (text) => console.log(`message ${text}`));
