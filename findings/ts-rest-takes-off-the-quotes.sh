#!/usr/bin/env bash
# @ts-rest/core 3.52.1 with @ts-rest/express 3.52.1 (zod 3.25.76, express 4.22.3; npm), `jsonQuery: true` on both sides: the
# parameters of a query are of the types that the contract gives them
#
# Expected: a text is read as the text that the client was given: the client puts quotes around "true", "null" and "123", which
#           the server would read as something else, and leaves them off other texts
# Seen:     a text that begins and ends with quotes, as a search for a phrase does, is one of the others to the client, and JSON to
#           the server: the quotes are gone, and `\n` within them is a new line. The contract, a z.string(), is content, so nothing
#           is raised on either side: what was a search for a phrase is one for its words. Of the texts that are JSON of another
#           kind, such as "[1]", the same contract says 400. Both halves are one library's, of one version
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @ts-rest/core@3.52.1 @ts-rest/express@3.52.1 zod@3.25.76 express@4.22.3 \
  >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const express = require("express");
const { z } = require("zod");
const { initContract, initClient } = require("@ts-rest/core");
const { createExpressEndpoints, initServer } = require("@ts-rest/express");

const contract = initContract().router({
  search: {
    method: "GET",
    path: "/messages",
    query: z.object({ text: z.string() }),
    responses: { 200: z.object({ text: z.string() }) },
  },
});
const router = initServer().router(contract, { search: async ({ query }) => ({ status: 200, body: { text: query.text } }) });

const TEXTS = ["good morning", "true", "null", "0034", '"good morning"', '"C:\\new"', '"good" morning', "[1]"];
const WANTED = { '"good morning"': "good morning", '"C:\\new"': "C:\new", "[1]": 400 };

(async () => {
  const application = express();
  createExpressEndpoints(contract, router, application, { jsonQuery: true });
  const server = application.listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const client = initClient(contract, {
    baseUrl: `http://127.0.0.1:${server.address().port}`,
    baseHeaders: {},
    jsonQuery: true,
  });
  let same = true;
  for (const text of TEXTS) {
    const { status, body } = await client.search({ query: { text } });
    const read = status === 200 ? body.text : status;
    console.log(`${text} is read as ${status === 200 ? JSON.stringify(read) : read}`);
    same &&= read === (WANTED[text] ?? text);
  }
  server.closeAllConnections();
  server.close();
  process.exitCode = same ? 0 : 1;
})();
NODE
node try.js
