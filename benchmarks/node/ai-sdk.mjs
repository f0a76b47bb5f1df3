// node ai-sdk.mjs CHUNKS ROUNDS DIALECT: prints {version, node, text, nanoseconds}, the best round's nanoseconds for
// the answer. CHUNKS is a file of lines, each a chunk as JSON text: SSE bytes in, as fetch gives them, and the AI SDK's
// parts out (doStream of its provider, which `streamText` stands on), each of them read.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [file, rounds, dialect] = process.argv.slice(2);
const [name, make] = {
  "openai-chat": ["@ai-sdk/openai", (sdk, options) => sdk.createOpenAI(options).chat("gpt-4o-mini")],
  "anthropic-messages": ["@ai-sdk/anthropic", (sdk, options) => sdk.createAnthropic(options)("claude-sonnet-4-0")],
  gemini: ["@ai-sdk/google", (sdk, options) => sdk.createGoogleGenerativeAI(options)("gemini-2.5-flash")],
}[dialect];
const require = createRequire(import.meta.url); // unlike import, it also looks where NODE_PATH says
let path;
try {
  path = require.resolve(name);
} catch {
  console.error(`${name} is not installed: npm install --prefix benchmarks/node`);
  process.exit(3);
}
const sdk = await import(pathToFileURL(path).href);

const lines = readFileSync(file, "utf8").trimEnd().split("\n");
const chunks = lines.map((line) => new TextEncoder().encode(JSON.parse(line)));
const headers = { "content-type": "text/event-stream" };
const fetch = async () => {
  const body = new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  return new Response(body, { headers });
};
const model = make(sdk, { apiKey: "none", fetch });

let text;
let best = Infinity;
for (let round = 0; round < Number(rounds); round++) {
  text = "";
  const start = process.hrtime.bigint();
  const { stream } = await model.doStream({ prompt: [{ role: "user", content: [{ type: "text", text: "Hello" }] }] });
  const reader = stream.getReader();
  for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
    if (value.type === "text-delta") text += value.delta;
    if (value.type === "error") throw value.error;
  }
  best = Math.min(best, Number(process.hrtime.bigint() - start));
}
const { version } = require(`${name}/package.json`);
console.log(JSON.stringify({ name, version, node: process.version, text, nanoseconds: best }));
