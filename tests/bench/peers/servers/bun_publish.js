// Bun's own publish: what is posted to /publish?topic=T goes to every WebSocket of /websocket?topic=T.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  async fetch(request, server) {
    const { pathname, searchParams } = new URL(request.url);
    const topic = searchParams.get("topic");
    if (pathname === "/publish") {
      server.publish(topic, await request.text());
      return new Response();
    }
    if (server.upgrade(request, { data: topic })) return;
    return new Response("not found", { status: 404 });
  },
  websocket: {
    idleTimeout: 0,
    sendPings: false,
    open(socket) {
      socket.subscribe(socket.data);
    },
    message() {},
  },
});
console.log(server.url.href);
