// The npm `socket.io` server as a target: a client joins the room that its query names (?topic=T), and what is posted
// to /publish?topic=T is emitted to that room as `message`, to everyone of it. Options are one JSON object as argument:
// those of the server (pingInterval, transports, connectionStateRecovery, …), and `port` to listen on.
// POST /cut closes every connection. Prints {"k":"listening","port":…} and what clients do.
const http = require("http");
const path = require("path");
const { createRequire } = require("module");
const { Server } = createRequire(path.join(__dirname, "../npm/package.json"))("socket.io");

const options = JSON.parse(process.argv[2] || "{}");
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

let published = 0;
let heartbeats = 0; // pongs
const server = http.createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  const end = (status, text) => response.writeHead(status, { "content-type": "text/plain" }).end(text);
  if (url.pathname === "/stats") return end(200, JSON.stringify({ clients: io.engine.clientsCount, published, heartbeats }));
  if (url.pathname === "/cut") {
    for (const socket of io.sockets.sockets.values()) socket.conn.close();
    return end(200, "ok");
  }
  if (url.pathname !== "/publish" || request.method !== "POST") return end(404, "no such page\n");
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", () => {
    const body = Buffer.concat(pieces);
    const binary = request.headers["content-type"] === "application/octet-stream";
    io.to(url.searchParams.get("topic")).emit("message", binary ? body : body.toString());
    published += 1;
    end(200, "ok");
  });
});

const io = new Server(server, options);
const serve = (socket) => {
  const topic = socket.handshake.query.topic || "none";
  say({ k: "connected", transport: socket.conn.transport.name, recovered: socket.recovered, auth: socket.handshake.auth });
  socket.join(topic);
  socket.conn.on("upgrade", (transport) => say({ k: "upgraded", transport: transport.name }));
  socket.conn.on("heartbeat", () => (heartbeats += 1));
  socket.conn.on("close", (reason) => say({ k: "closed", reason }));
  socket.on("publish", (message, acknowledge) => {
    io.to(topic).emit("message", message);
    if (acknowledge) acknowledge("ok");
  });
  socket.on("echo", (...args) => {
    const acknowledge = args.pop();
    acknowledge(...args);
  });
  socket.on("shape", (...shape) => socket.emit(...shape));
  socket.on("ask", () => socket.emit("question", 1, (...args) => say({ k: "answered", args })));
  socket.on("leave", () => socket.disconnect());
  socket.on("cut", () => socket.conn.close());
};
io.on("connection", serve);
io.of("/chat").on("connection", serve);
io.of("/closed").use((socket, next) => next(new Error("not for you")));

process.on("SIGTERM", () => process.exit(0));
server.listen(options.port || 0, "127.0.0.1", () => say({ k: "listening", port: server.address().port }));
