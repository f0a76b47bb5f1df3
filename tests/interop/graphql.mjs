// node graphql.mjs subscribe < {"single": bool, "chunks": [[byte, ...], ...]}: what graphql-sse's client has of that
// stream, as JSON: {results: [...], completed: bool, error: text or null}.
// node graphql.mjs serve < {"single": bool, "query": text}: the stream that its handler writes for that operation.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url); // unlike import, it also looks where NODE_PATH says
let createClient, createHandler, graphql;
try {
  ({ createClient } = require("graphql-sse"));
  ({ createHandler } = require("graphql-sse/lib/use/fetch"));
  graphql = require("graphql");
} catch {
  process.exit(3);
}

const URL = "http://localhost/graphql/stream";
const OPERATION = "operation-1";
const text = await new Response(process.stdin).text();
const { single, chunks, query } = JSON.parse(text);

// One connection has three requests: a reservation, the stream, and the operation, after which the stream begins.
function fetchFn() {
  let begin;
  const begun = new Promise((resolve) => (begin = resolve));
  const body = new ReadableStream({
    async start(controller) {
      await begun;
      for (const chunk of chunks) {
        controller.enqueue(new Uint8Array(chunk));
        await new Promise(setImmediate);
      }
      controller.close();
    },
  });
  return async (_, { method }) => {
    if (method === "PUT") return new Response("token", { status: 201 });
    if (method === "GET") return new Response(body, { headers: { "content-type": "text/event-stream" } });
    if (!single) {
      begin();
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    }
    setTimeout(begin, 10); // when the client waits for the operation
    return new Response(null, { status: method === "POST" ? 202 : 200 });
  };
}

async function subscribe() {
  const client = createClient({
    url: URL,
    fetchFn: fetchFn(),
    retryAttempts: 0,
    singleConnection: single,
    generateID: () => OPERATION,
  });
  const said = { results: [], completed: false, error: null };
  await new Promise((resolve) =>
    client.subscribe(
      { query: "subscription { greetings }" },
      {
        next: (result) => said.results.push(result),
        error: (error) => resolve((said.error = String(error))),
        complete: () => resolve((said.completed = true)),
      },
    ),
  );
  return JSON.stringify(said);
}

async function serve() {
  const schema = new graphql.GraphQLSchema({
    query: new graphql.GraphQLObjectType({
      name: "Query",
      fields: {
        value: { type: graphql.GraphQLString, resolve: () => "é\u2028\n" },
        broken: {
          type: graphql.GraphQLString,
          resolve() {
            throw new Error("Kaboom!");
          },
        },
      },
    }),
    subscription: new graphql.GraphQLObjectType({
      name: "Subscription",
      fields: {
        greetings: {
          type: graphql.GraphQLString,
          async *subscribe() {
            for (const greetings of ["Hi", "Hola"]) yield { greetings };
          },
        },
      },
    }),
  });
  const handler = createHandler({ schema });
  const ask = (method, headers, body) => handler(new Request(URL, { method, headers, body: JSON.stringify(body) }));
  const accept = { accept: "text/event-stream", "content-type": "application/json" };
  if (!single) return await (await ask("POST", accept, { query })).text();
  const token = await (await ask("PUT", {})).text();
  const named = { ...accept, "x-graphql-event-stream-token": token };
  const response = await ask("GET", named);
  const { accept: _, ...quiet } = named;
  await ask("POST", { ...quiet, accept: "application/json" }, { query, extensions: { operationId: OPERATION } });
  let stream = "";
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    stream += part;
    if (stream.includes("event: complete") && stream.endsWith("\n\n")) break; // the connection stays open
  }
  return stream;
}

process.stdout.write(await (process.argv[2] === "serve" ? serve() : subscribe()), () => process.exit(0));
