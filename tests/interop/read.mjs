// node read.mjs URL: what eventsource-parser reads there until an event of type "end", as JSON:
// {events: [[data, type, id], ...], retries: [milliseconds, ...]}.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url); // unlike import, it also looks where NODE_PATH says
let path;
try {
  path = require.resolve("eventsource-parser");
} catch {
  process.exit(3);
}
const { createParser } = await import(pathToFileURL(path).href);

const events = [];
const retries = [];
let lastEventId = ""; // an event has its own id alone: keeping the last one is left to whoever reconnects
let ended = false;
const parser = createParser({
  onEvent({ data, event, id }) {
    lastEventId = id ?? lastEventId;
    if (event === "end") ended = true;
    else events.push([data, event ?? "message", lastEventId]);
  },
  onRetry(milliseconds) {
    retries.push(milliseconds);
  },
});
const response = await fetch(process.argv[2]);
for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
  parser.feed(text);
  if (ended) break;
}
console.log(JSON.stringify({ events, retries }));
