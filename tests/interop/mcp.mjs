// node mcp.mjs URL: what the MCP SDK's client has from the server there, as JSON.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url); // unlike import, it also looks where NODE_PATH says
const resolve = (name) => {
  for (const from of [require, createRequire(new URL("node/package.json", import.meta.url))]) {
    try {
      return pathToFileURL(from.resolve(`@modelcontextprotocol/sdk/client/${name}.js`)).href;
    } catch {}
  }
  process.exit(3);
};
const { Client } = await import(resolve("index"));
const { StreamableHTTPClientTransport } = await import(resolve("streamableHttp"));

const url = new URL(process.argv[2]);
const client = new Client({ name: "client", version: "1" });
const problems = [];
client.onerror = (error) => problems.push(String(error));
await client.connect(new StreamableHTTPClientTransport(url));
const call = async (name) => {
  const progress = [];
  const { content } = await client.callTool({ name, arguments: {} }, undefined, {
    onprogress: (told) => progress.push(told.progress),
  });
  return { text: content[0].text, progress };
};
const { tools } = await client.listTools();
const found = { tools: tools.map((tool) => tool.name), add: await call("add"), slow: await call("slow") };
try {
  await client.ping();
} catch (error) {
  found.error = [error.code, error.message];
}
await client.close();
console.log(JSON.stringify({ ...found, problems }));
