// The npm package ws: what is posted to /publish goes to every WebSocket, framed once.
const http = require("http");
const { WebSocketServer } = require("ws");

const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const message = Buffer.concat(parts);
    for (const socket of sockets.clients) socket.send(message, { binary: false });
    response.end();
  });
});
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
server.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
