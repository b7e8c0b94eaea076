// The npm package socket.io: what is posted to /publish is emitted to every socket.
const http = require("http");
const { Server } = require("socket.io");

const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    io.emit("message", Buffer.concat(parts).toString());
    response.end();
  });
});
const io = new Server(server, { serveClient: false, pingInterval: 60000 });
server.listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4096 });
