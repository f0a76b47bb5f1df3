// node bench.mjs STREAM CHUNK_BYTES ROUNDS bare|json: prints {version, node, events, nanoseconds}, the best
// round's nanoseconds per event. Bytes in, as from a socket: TextDecoder, then eventsource-parser.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [file, size, rounds, mode] = process.argv.slice(2);
const name = "eventsource-parser";
const require = createRequire(import.meta.url); // unlike import, it also looks where NODE_PATH says
let parserPath;
try {
  parserPath = require.resolve(name);
} catch {
  console.error(`${name} is not installed: npm install --prefix benchmarks/node`);
  process.exit(3);
}
const { createParser } = await import(pathToFileURL(parserPath).href);

const stream = readFileSync(file);
const chunks = [];
for (let at = 0; at < stream.length; at += Number(size)) chunks.push(stream.subarray(at, at + Number(size)));

// A round decodes the stream so many times over: the best of short ones would be those in which V8 collected
// no garbage, and Python pays for its own in every round.
const STREAMS = 16;

let read = 0; // summed and printed, so that nothing which is read can be optimised away
const bare = (event) => {
  read += event.data.length + (event.event?.length ?? 0) + (event.id?.length ?? 0);
};
const json = (event) => {
  if (event.data !== "[DONE]") read += Object.keys(JSON.parse(event.data)).length;
  read += (event.event?.length ?? 0) + (event.id?.length ?? 0);
};
const use = mode === "json" ? json : bare;

let events = 0;
let best = Infinity;
for (let round = 0; round < Number(rounds); round++) {
  events = 0;
  const start = process.hrtime.bigint();
  for (let stream = 0; stream < STREAMS; stream++) {
    const parser = createParser({
      onEvent(event) {
        use(event);
        events++;
      },
    });
    const decoder = new TextDecoder();
    for (const chunk of chunks) parser.feed(decoder.decode(chunk, { stream: true }));
  }
  best = Math.min(best, Number(process.hrtime.bigint() - start));
}
events /= STREAMS;
best /= STREAMS;
const { version } = require(`${name}/package.json`);
console.log(JSON.stringify({ version, node: process.version, events, nanoseconds: best / events, read }));
