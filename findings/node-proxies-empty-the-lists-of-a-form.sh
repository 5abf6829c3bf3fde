#!/usr/bin/env bash
# http-proxy-middleware 3.0.11 with its fixRequestBody, express-http-proxy 2.1.2 (npm), both behind express.urlencoded (Express 5.3.0)
#
# Expected: a form whose body was read on the way is passed on as it was, or at least with the same fields: fixRequestBody is
#           there for that, and the other one does it by itself
# Seen:     recipients[0][to]=600&recipients[1][to]=601 arrives at the service as recipients=&recipients= by the first, and as
#           recipients=[object Object],[object Object] by the second, since what reads the form (`extended: true`) makes objects
#           of it and what writes it knows none. The second makes to=1,2 of to=1&to=2 as well: one recipient and not two.
#           Without express.urlencoded in front both pass it on unchanged
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund express@5.3.0 http-proxy-middleware@3.0.11 express-http-proxy@2.1.2 >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const http = require("http");
const express = require("express");
const { createProxyMiddleware, fixRequestBody } = require("http-proxy-middleware");
const expressHttpProxy = require("express-http-proxy");

const service = http.createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => (body += piece)).on("end", () => response.end(body));
});
const FORMS = ["recipients[0][to]=600&recipients[1][to]=601&text=hello", "to=1&to=2"];

const through = async (handlers) => {
  const listener = express().use(...handlers).listen(0, "127.0.0.1");
  await new Promise((done) => listener.on("listening", done));
  const arrived = [];
  for (const body of FORMS) {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await fetch(`http://127.0.0.1:${listener.address().port}/send`, { method: "POST", headers, body });
    arrived.push(await answer.text());
  }
  listener.closeAllConnections();
  listener.close();
  return arrived;
};
service.listen(0, "127.0.0.1", async () => {
  const target = `http://127.0.0.1:${service.address().port}`;
  const read = express.urlencoded({ extended: true });
  const seen = {
    "http-proxy-middleware": await through([createProxyMiddleware({ target })]),
    "http-proxy-middleware, form read": await through([read, createProxyMiddleware({ target, on: { proxyReq: fixRequestBody } })]),
    "express-http-proxy": await through([expressHttpProxy(target)]),
    "express-http-proxy, form read": await through([read, expressHttpProxy(target)]),
  };
  for (const [name, arrived] of Object.entries(seen)) console.log(`${name}: ${arrived.join(" | ")}`);
  const wanted = {
    "http-proxy-middleware": FORMS,
    "http-proxy-middleware, form read": ["recipients=&recipients=&text=hello", "to=1&to=2"],
    "express-http-proxy": FORMS,
    "express-http-proxy, form read": ["recipients=[object Object],[object Object]&text=hello", "to=1,2"],
  };
  process.exit(JSON.stringify(seen) === JSON.stringify(wanted) ? 0 : 1);
});
NODE
node try.js
