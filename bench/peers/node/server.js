// The tutorial's chat on `ws`: what one says, all are told. `node server.js PORT`
import { createServer } from "node:http";

import { WebSocket, WebSocketServer } from "ws";

const server = createServer((request, response) => response.end("chat\n"));
const sockets = new WebSocketServer({ server, path: "/ws", perMessageDeflate: false });

sockets.on("connection", (socket) => {
  socket.on("error", () => socket.terminate());
  socket.on("message", (data) => {
    const { email, username, message } = JSON.parse(data);
    const text = JSON.stringify({ email, username, message });
    for (const other of sockets.clients) {
      if (other.readyState === WebSocket.OPEN) other.send(text);
    }
  });
});

server.listen({ port: Number(process.argv[2]), host: "127.0.0.1", backlog: 4096 });
