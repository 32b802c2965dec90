// An upstream that speaks OpenAI's streaming chat completions, for walks through the app.
// What the person's last message asks for happens: "slowly" pauses between words, "hold on" stops after the first words until the file UPSTREAM_RELEASE
// is there, "break off" cuts the connection the first time that it is said, "fail" answers 500, "be busy" answers 429.
//
// usage: node upstream.mjs PORT [ADDRESS]; UPSTREAM_CERT and UPSTREAM_CERT_KEY make it TLS, UPSTREAM_KEY is the only key that it takes, UPSTREAM_LOG gets a
// line of JSON for each question (who asked, from where) and each end.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer as createPlain } from "node:http";
import { createServer as createTls } from "node:https";

const [port, address = "127.0.0.1"] = process.argv.slice(2);
const { UPSTREAM_CERT, UPSTREAM_CERT_KEY, UPSTREAM_KEY, UPSTREAM_LOG, UPSTREAM_RELEASE } = process.env;
const answer =
  "That is a good question to begin with. Two that are worth a look:\n\n" +
  "- [One of them](/careers/CAREER) is close to what you like.\n" +
  "- Another is <script>document.title='owned'</script> and a [bad link](javascript:alert(1)).\n\n" +
  "**What did you enjoy most** in the last thing you did? ";

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const brokenOff = new Set();
const log = (line) => UPSTREAM_LOG && appendFileSync(UPSTREAM_LOG, `${JSON.stringify(line)}\n`);

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

function refuse(response, status, type, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(JSON.stringify({ error: { message: `This is a ${type}`, type } }));
}

async function speak(response, words, asked) {
  const slow = /\bslowly\b/.test(words);
  const career = /\/careers\/(?!id\b)([a-z0-9-]+)/.exec(JSON.stringify(asked.messages))?.[1] ?? "electrician";
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const send = (delta, finish_reason = null) =>
    response.write(`data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", model: "test", choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
  send({ role: "assistant", content: "" });
  const pieces = answer.replace("CAREER", career).repeat(slow ? 3 : 1).match(/\S+\s*/g) ?? [];
  for (const [i, piece] of pieces.entries()) {
    if (response.destroyed) return "left";
    send({ content: piece });
    if (i === 8 && /\bbreak off\b/.test(words) && !brokenOff.has(words)) {
      brokenOff.add(words);
      await pause(50);
      response.destroy();
      return "cut";
    }
    if (i === 8 && /\bhold on\b/.test(words)) while (!existsSync(UPSTREAM_RELEASE) && !response.destroyed) await pause(20);
    await pause(slow ? 80 : 5);
  }
  send({}, "stop");
  response.write(`data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", model: "test", choices: [], usage: { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 } })}\n\n`);
  response.end("data: [DONE]\n\n");
  return "whole";
}

async function serve(request, response) {
  const asked = await body(request).catch(() => ({ messages: [] }));
  const said = asked.messages.filter(({ role }) => role === "user").at(-1)?.content ?? "";
  const words = typeof said === "string" ? said : JSON.stringify(said);
  const known = !UPSTREAM_KEY || request.headers.authorization === `Bearer ${UPSTREAM_KEY}`;
  log({ event: "asked", from: request.socket.remoteAddress, tls: request.socket.encrypted === true, path: request.url, known, words: words.slice(0, 80) });
  if (!known) refuse(response, 401, "invalid_request_error");
  else if (/\bfail\b/.test(words)) refuse(response, 500, "server_error");
  else if (/\bbe busy\b/.test(words)) refuse(response, 429, "rate_limit_error", { "Retry-After": "1" });
  else log({ event: "ended", how: await speak(response, words, asked), words: words.slice(0, 80) });
}

const server = UPSTREAM_CERT ? createTls({ cert: readFileSync(UPSTREAM_CERT), key: readFileSync(UPSTREAM_CERT_KEY) }, serve) : createPlain(serve);
server.listen(Number(port), address);
