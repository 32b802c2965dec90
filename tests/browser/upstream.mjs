// An upstream that speaks OpenAI's streaming chat completions on loopback, for walks through the app.
// What the person's last message asks for happens: "slowly" pauses between words, "break off" cuts the connection, "fail" answers 500.
import { createServer } from "node:http";

const port = Number(process.argv[2]);
const answer =
  "That is a good question to begin with. Two that are worth a look:\n\n" +
  "- [One of them](/careers/CAREER) is close to what you like.\n" +
  "- Another is <script>document.title='owned'</script> and a [bad link](javascript:alert(1)).\n\n" +
  "**What did you enjoy most** in the last thing you did? ";

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

createServer(async (request, response) => {
  const asked = await body(request).catch(() => ({ messages: [] }));
  const said = asked.messages.filter(({ role }) => role === "user").at(-1)?.content ?? "";
  const words = typeof said === "string" ? said : JSON.stringify(said);
  if (/\bfail\b/.test(words)) {
    response.writeHead(500, { "Content-Type": "application/json" });
    response.end('{"error":{"message":"The server had an error","type":"server_error"}}');
    return;
  }
  const slow = /\bslowly\b/.test(words);
  const career = /\/careers\/(?!id\b)([a-z0-9-]+)/.exec(JSON.stringify(asked.messages))?.[1] ?? "electrician";
  response.writeHead(200, { "Content-Type": "text/event-stream" });
  const send = (delta, finish_reason = null) =>
    response.write(`data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", model: "test", choices: [{ index: 0, delta, finish_reason }] })}\n\n`);
  send({ role: "assistant", content: "" });
  const pieces = answer.replace("CAREER", career).repeat(slow ? 3 : 1).match(/\S+\s*/g) ?? [];
  for (const [i, piece] of pieces.entries()) {
    if (response.destroyed) return;
    send({ content: piece });
    if (/\bbreak off\b/.test(words) && i === 8) {
      await pause(50);
      response.destroy();
      return;
    }
    await pause(slow ? 80 : 5);
  }
  send({}, "stop");
  response.write(`data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", model: "test", choices: [], usage: { prompt_tokens: 100, completion_tokens: 50, total_tokens: 150 } })}\n\n`);
  response.end("data: [DONE]\n\n");
}).listen(port, "127.0.0.1");
