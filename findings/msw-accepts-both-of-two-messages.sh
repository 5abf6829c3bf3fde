#!/usr/bin/env bash
# msw 2.15.0 (npm): a double that is a generator, as the documentation has it for answers that differ from request to request:
# it accepts a message and refuses what comes after it as a duplicate
#
# Expected: of two messages that are sent at once, one is accepted and one refused, as of two that are sent one after the other,
#           and as with a handler that answers `once` in front of another one
# Seen:     both are accepted, and all of five: until the first call of the generator is over, each request is given a generator of
#           its own, and the last of these goes on. The test that a double click sends one message, or that of many calls at once
#           only the first is told to wait (429), is about the double. Once a first answer has been given, requests that come at
#           once are each given the next one
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund msw@2.15.0 >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const { http, HttpResponse } = require("msw");
const { setupServer } = require("msw/node");

const URL = "http://service.test/messages";
const answer = (status) => new HttpResponse(null, { status });

const generator = () => [
  http.post(URL, function* () {
    yield answer(201);
    while (true) yield answer(409);
  }),
];
const asynchronous = () => [
  http.post(URL, async function* () {
    yield answer(201);
    while (true) yield answer(409);
  }),
];
const once = () => [http.post(URL, () => answer(201), { once: true }), http.post(URL, () => answer(409))];

const send = async () => (await fetch(URL, { method: "POST", body: "hello" })).status;
const atOnce = (count) => Promise.all(Array.from({ length: count }, send));

(async () => {
  const server = setupServer();
  server.listen({ onUnhandledRequest: "error" });
  const seen = {};
  for (const [name, handlers] of Object.entries({ generator, asynchronous, once })) {
    server.resetHandlers(...handlers());
    seen[`${name}, one after the other`] = [await send(), await send(), await send()];
    server.resetHandlers(...handlers());
    seen[`${name}, two at once`] = await atOnce(2);
    seen[`${name}, and two more`] = await atOnce(2);
    server.resetHandlers(...handlers());
    seen[`${name}, five at once`] = await atOnce(5);
    server.resetHandlers(...handlers());
    seen[`${name}, one and then two at once`] = [await send(), ...(await atOnce(2))];
  }
  server.close();
  for (const [name, statuses] of Object.entries(seen)) console.log(`${name}: ${statuses.join(" ")}`);
  const generated = "201 409 409; 201 201; 409 409; 201 201 201 201 201; 201 409 409";
  const wanted = [generated, generated, "201 409 409; 201 409; 409 409; 201 409 409 409 409; 201 409 409"].join("; ");
  const told = Object.values(seen).map((statuses) => statuses.join(" "));
  process.exitCode = told.join("; ") === wanted ? 0 : 1;
})();
NODE
node try.js
