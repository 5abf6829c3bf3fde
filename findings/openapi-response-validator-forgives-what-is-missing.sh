#!/usr/bin/env bash
# openapi-response-validator 12.1.3 with jest-openapi 0.14.2 (npm): an answer lacks a field that its description requires
#
# Expected: `toSatisfyApiSpec` fails, and leaves the answer as it was
# Seen:     it fails only as long as no other field is writeOnly. One that is, and is not required, such as a password that may
#           be set, is looked for in the list of required fields, and in its place the last one is struck off: from then on
#           nobody misses it. Where the field that is missing has a default, the default is written into the answer before
#           it is checked: it is found valid, and a test that goes on to look at `status` finds what the service never said
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund openapi-response-validator@12.1.3 jest-openapi@0.14.2 jest@29.7.0 >/dev/null 2>&1 || exit 2
cat >answers.test.js <<'NODE'
const jestOpenAPI = require("jest-openapi").default;

const required = ["id", "status"];
const id = { type: "string" };
const status = { type: "string" };
const pin = { type: "string" };
const schemas = {
  "/plain": { type: "object", required, properties: { id, status, pin } },
  "/write-only": { type: "object", required, properties: { id, status, pin: { ...pin, writeOnly: true } } },
  "/default": { type: "object", required, properties: { id, status: { ...status, default: "queued" } } },
};
const paths = {};
for (const [path, schema] of Object.entries(schemas)) {
  const answer = { description: "a message", content: { "application/json": { schema } } };
  paths[path] = { get: { responses: { 200: answer } } };
}
jestOpenAPI({ openapi: "3.0.3", info: { title: "messages", version: "1" }, paths });

test.each(Object.keys(schemas))("%s", (path) => {
  // What axios would return for the answer {"id": "7"}.
  const answer = { status: 200, data: { id: "7" }, request: { method: "GET", path } };
  let found = "valid";
  try {
    expect(answer).toSatisfyApiSpec();
  } catch (error) {
    found = "not valid";
  }
  process.stderr.write(`SEEN ${path}: found ${found}, and is now ${JSON.stringify(answer.data)}\n`);
});
NODE
npx jest 2>&1 | sed -n 's/^SEEN //p' | tee seen
cat >wanted <<'TEXT'
/plain: found not valid, and is now {"id":"7"}
/write-only: found valid, and is now {"id":"7"}
/default: found valid, and is now {"id":"7","status":"queued"}
TEXT
cmp -s seen wanted
