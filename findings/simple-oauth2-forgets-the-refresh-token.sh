#!/usr/bin/env bash
# simple-oauth2 5.1.0 (npm): a token is refreshed, and the answer has no new refresh token, because the old one stays good
#
# Expected: the refreshed token keeps the old refresh token, as RFC 6749 section 6 has it (a new one is what a server MAY
#           issue), and can be refreshed again
# Seen:     it has none: the line that should keep the old one looks for it on the object and not in its `token`. What is
#           stored after the first refresh is without it, the second refresh sends an empty one, and is refused. So it works
#           for one more lifetime of a token, and then nothing but the person's consent helps
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund simple-oauth2@5.1.0 >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const http = require("http");
const { AuthorizationCode } = require("simple-oauth2");

const asked = [];
const service = http.createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => (body += piece)).on("end", () => {
    const given = new URLSearchParams(body).get("refresh_token");
    asked.push(given);
    const good = given === "the one from the beginning";
    const answer = good ? { access_token: `${asked.length}`, token_type: "Bearer", expires_in: 3600 } : { error: "invalid_grant" };
    response.writeHead(good ? 200 : 400, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
});
service.listen(0, "127.0.0.1", async () => {
  const tokenHost = `http://127.0.0.1:${service.address().port}`;
  const client = new AuthorizationCode({ client: { id: "chat", secret: "any" }, auth: { tokenHost } });
  let token = client.createToken({ access_token: "0", refresh_token: "the one from the beginning", expires_in: 3600 });
  const ends = [];
  for (const time of ["first", "second"]) {
    try {
      token = await token.refresh();
      ends.push(`refresh_token ${token.token.refresh_token}`);
    } catch (error) {
      ends.push(JSON.stringify(error.data.payload));
    }
    console.log(`${time} refresh: sends ${JSON.stringify(asked.at(-1))}, ends with ${ends.at(-1)}`);
  }
  service.close();
  const same = asked.join("|") === "the one from the beginning|" && ends.join("|") === 'refresh_token undefined|{"error":"invalid_grant"}';
  process.exitCode = same ? 0 : 1;
});
NODE
node try.js
