// What a server on Node reads in each body: one base64 line in, one line of JSON out; null where it refuses.
const lines = require("node:fs").readFileSync(0, "latin1").split("\n");
const text = (value) => (typeof value === "string" ? value : null);
for (const line of lines.slice(0, -1)) {
  let read = null;
  try {
    const body = Buffer.from(line, "base64").toString("utf8").replace(/^\uFEFF/, "");
    const message = JSON.parse(body);
    const params = message.params ?? {};
    read = { method: text(message.method), name: text(params.name), uri: text(params.uri) };
  } catch {
    // A body that it refuses is read as nothing.
  }
  process.stdout.write(JSON.stringify(read) + "\n");
}
