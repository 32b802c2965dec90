// The load balancer's two rules on loopback: /api/* goes to the backend, the rest to the frontend.
// usage: node balancer.mjs PORT BACKEND_PORT FRONTEND_PORT
import { createServer, request } from "node:http";

const [port, backend, frontend] = process.argv.slice(2).map(Number);

createServer((from, to) => {
  const forward = request(
    {
      host: "127.0.0.1",
      port: from.url.startsWith("/api/") ? backend : frontend,
      method: from.method,
      path: from.url,
      headers: { ...from.headers, "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "http" },
    },
    (answer) => {
      to.writeHead(answer.statusCode, answer.headers);
      answer.pipe(to);
    },
  );
  forward.on("error", () => {
    if (!to.headersSent) to.writeHead(502);
    to.destroy();
  });
  // Whoever leaves ends the request behind: a stopped answer must stop at its source.
  to.on("close", () => forward.destroy());
  from.pipe(forward);
}).listen(port, "127.0.0.1");
