// node clients.mjs CLIENT URL TYPES (as JSON): what a client reads there until an event of type "end", as JSON:
// {version, events: [[data, type, last event ID], ...], retries: [milliseconds, ...], or null where it does not tell}.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url); // unlike import, it also looks where NODE_PATH says
const events = [];
let retries = null;
let version = globalThis.Deno?.version.deno;

async function load(name) {
  let path;
  try {
    path = require.resolve(name);
  } catch {
    process.exit(3);
  }
  version = versionOf(path);
  const found = await import(pathToFileURL(path).href);
  return { ...found.default, ...found, default: found.default };
}

function versionOf(path) {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    try {
      const found = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
      if (found) return found;
    } catch {
      if (folder === dirname(folder)) throw new Error(`no version beside ${path}`);
    }
  }
}

// What has the interface of the browser's EventSource.
const sources = {
  Deno: async (url) => new EventSource(url),
  undici: async (url) => new (await load("undici")).EventSource(url),
  "eventsource 2": async (url) => new (await load("eventsource2")).default(url),
  "eventsource 4": async (url) => new (await load("eventsource4")).EventSource(url),
  "eventsource 5": async (url) => new (await load("eventsource5")).EventSource(url),
  "launchdarkly-eventsource": async (url) => new (await load("launchdarkly-eventsource")).EventSource(url),
  "reconnecting-eventsource": async (url) => {
    const { EventSource: eventSourceClass } = await load("undici");
    return new (await load("reconnecting-eventsource")).default.default(url, { eventSourceClass });
  },
};

async function listen(client, url, types) {
  const source = await sources[client](url);
  for (const type of types) {
    source.addEventListener(type, (event) => events.push([event.data, event.type, event.lastEventId]));
  }
  await new Promise((resolve) => source.addEventListener("end", resolve));
  source.close();
}

const others = {
  // An event has its own id alone: keeping the last one is left to whoever reconnects.
  async "eventsource-parser"(url) {
    const { createParser } = await load("eventsource-parser");
    let lastEventId = "";
    let ended = false;
    retries = [];
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
    const response = await fetch(url);
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      parser.feed(text);
      if (ended) break;
    }
  },
  async "fetch-event-source"(url) {
    globalThis.window = globalThis; // it is made for browsers
    globalThis.document = { addEventListener() {}, removeEventListener() {} };
    const { fetchEventSource } = await load("@microsoft/fetch-event-source");
    const stop = new AbortController();
    await fetchEventSource(url, {
      signal: stop.signal,
      openWhenHidden: true,
      onmessage({ data, event, id }) {
        if (event === "end") stop.abort();
        else events.push([data, event || "message", id]);
      },
    });
  },
};

const [client, url, types] = process.argv.slice(2);
await (client in sources ? listen(client, url, JSON.parse(types)) : others[client](url));
process.stdout.write(JSON.stringify({ version, events, retries }), () => process.exit()); // some would connect again
