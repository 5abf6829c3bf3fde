#!/usr/bin/env bash
# telegraf 4.16.3 of npm: five messages wait, the handler of the second raises, the bot is started again
#
# Expected: a bot that stops at an error leaves to the service what it has not handled (Bot API, getUpdates, `offset`): it comes
#           again, or at least the four messages whose handlers were at work and raised nothing
# Seen:     on its way down it confirms all five to the service (getUpdates with offset 6); then the unhandled rejection
#           of launch() ends the process, with four handlers in the middle; after the restart nothing comes, so all five
#           are lost
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund telegraf@4.16.3 >/dev/null || exit 2
cat >service.js <<'NODE'
// The Bot API as far as a bot that polls needs it: updates are kept until a later offset confirms them.
const someone = (n) => ({ id: n, type: "private", is_bot: false, first_name: "Ann" });
const update = (n) => ({ update_id: n, message: { message_id: n, date: 1, chat: someone(n), from: someone(n), text: `${n}` } });
let kept = [1, 2, 3, 4, 5].map(update);
const server = require("http").createServer((request, response) => {
  let body = "";
  request.on("data", (piece) => (body += piece)).on("end", () => {
    const method = request.url.split("?")[0].split("/").pop();
    let result = method === "getMe" ? { id: 9, is_bot: true, first_name: "bot", username: "a_bot" } : true;
    if (method === "getUpdates") {
      const { offset = 0, timeout = 0 } = body ? JSON.parse(body) : {};
      kept = kept.filter((each) => each.update_id >= offset);
      result = kept;
      console.log(`getUpdates with offset ${offset}: hands out ${kept.length}`);
    }
    const answer = () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ ok: true, result }));
    setTimeout(answer, result.length === 0 ? 300 : 0);
  });
});
server.listen(0, "127.0.0.1", () => require("fs").writeFileSync("port", `${server.address().port}`));
NODE
cat >bot.js <<'NODE'
const { Telegraf } = require("telegraf");
const bot = new Telegraf("9:x", { telegram: { apiRoot: `http://127.0.0.1:${require("fs").readFileSync("port")}` } });
bot.on("text", async (context) => {
  console.log(`begins with ${context.message.text}`);
  if (context.message.text === "2") throw new Error("this one only");
  await new Promise((done) => setTimeout(done, 500));
  console.log(`has handled ${context.message.text}`);
});
bot.launch();
NODE
node service.js >served &
until [ -s port ]; do sleep 0.1; done
echo "first run:" && { timeout 20 node bot.js 2>/dev/null | tee first || true; }
echo "second run:" && { timeout 5 node bot.js 2>/dev/null | tee second || true; }
head -3 served
[ "$(grep -c begins first)" = 5 ] && ! grep -q handled first && [ ! -s second ] && grep -q "offset 6" served
