// node ag_ui.mjs < LINES: for each line {bodies}, streams that answer the runs of one thread, one after the other, what
// HttpAgent makes of each: {thrown, error, finished, open, messages, warnings}. open: what began and did not end.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url); // unlike import, it also looks where NODE_PATH says
let path;
try {
  path = require.resolve("@ag-ui/client");
} catch {
  process.exit(3);
}
const { HttpAgent } = await import(pathToFileURL(path).href);

let warnings = [];
console.warn = (...said) => void warnings.push(said.join(" "));
console.error = () => {};

async function run(agent, runId) {
  const said = { thrown: null, error: null, finished: false };
  const open = new Set();
  warnings = [];
  const onEvent = ({ event }) => {
    const begun = /^(.*)_START(?:ED)?$/.exec(event.type);
    const ended = /^(.*)_(?:END|FINISHED)$/.exec(event.type);
    const id = event.toolCallId ?? event.messageId ?? event.stepName ?? "";
    if (begun && begun[1] !== "RUN") open.add(`${begun[1]} ${id}`);
    if (ended) open.delete(`${ended[1]} ${id}`);
    if (event.type === "RUN_ERROR") said.error = { message: event.message, code: event.code ?? null };
    if (event.type === "RUN_FINISHED") Object.assign(said, { finished: true, usage: event.usage ?? [] });
  };
  try {
    await agent.runAgent({ runId }, { onEvent });
  } catch (error) {
    said.thrown = String(error.message ?? error);
  }
  return { ...said, open: [...open], messages: structuredClone(agent.messages), warnings };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { bodies } = JSON.parse(line);
  let body;
  const headers = { "Content-Type": "text/event-stream" };
  const fetch = async () => new Response(body, { headers });
  const agent = new HttpAgent({ url: "http://127.0.0.1/", threadId: "thread", fetch });
  const said = [];
  for (const [index, text] of bodies.entries()) {
    body = text;
    said.push(await run(agent, `run-${index + 1}`));
  }
  console.log(JSON.stringify(said));
}
