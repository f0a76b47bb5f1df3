// node ai_sdk.mjs PACKAGE read < LINES: for each line {body}, a UI message stream, what a chat of the AI SDK makes of it:
// {status, error, finish, metadata, parts, ran}; ran: the ids of the calls that it would have run.
// node ai_sdk.mjs PACKAGE write < LINES: for each line {chunks, tools}, a model's and the names of tools, with a result
// for those that the server runs, {body}: the UI message stream in which streamText serves them.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [name, mode] = process.argv.slice(2);
const require = createRequire(import.meta.url); // unlike import, it also looks where NODE_PATH says
const find = async (path) => import(pathToFileURL(require.resolve(path)).href);
let sdk;
try {
  sdk = await find(name);
} catch {
  process.exit(3);
}

class State {
  status = "ready";
  error = undefined;
  messages = [];
  pushMessage = (message) => this.messages.push(message);
  popMessage = () => this.messages.pop();
  replaceMessage = (index, message) => (this.messages[index] = message);
  snapshot = (thing) => structuredClone(thing);
}

class Chat extends sdk.AbstractChat {
  constructor(options) {
    super({ ...options, state: new State() });
  }
}

async function read({ body }) {
  const ran = [];
  let finish;
  const fetch = async () => new Response(body);
  const chat = new Chat({
    transport: new sdk.DefaultChatTransport({ api: "http://127.0.0.1/", fetch }),
    onToolCall: ({ toolCall }) => void ran.push(toolCall.toolCallId),
    onFinish: (end) => (finish = end),
  });
  await chat.sendMessage({ text: "Hi" });
  const message = chat.messages.at(-1);
  const answered = message.role === "assistant";
  return {
    status: chat.status,
    error: chat.error?.message ?? null,
    finish: finish.finishReason ?? null,
    failed: finish.isError,
    metadata: (answered && message.metadata) || {},
    parts: answered ? message.parts : [],
    ran,
  };
}

const mocks = mode === "write" ? await find(`${name}/test`) : {};

async function write({ chunks, tools }) {
  const Model = mocks.MockLanguageModelV4 ?? mocks.MockLanguageModelV3;
  const model = new Model({ doStream: async () => ({ stream: sdk.simulateReadableStream({ chunks }) }) });
  const inputSchema = sdk.jsonSchema({ type: "object" });
  const made = Object.entries(tools).map(([tool, result]) => {
    return [tool, result === null ? { inputSchema } : { inputSchema, execute: async () => result }];
  });
  const result = sdk.streamText({ model, prompt: "Hi", tools: Object.fromEntries(made), onError: () => {} });
  return { body: await result.toUIMessageStreamResponse({ sendSources: true }).text() };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await { read, write }[mode](JSON.parse(line))));
}
