#!/usr/bin/env bash
# @onify/fake-amqplib 3.7.0 (npm), the double that takes the place of amqplib and of RabbitMQ in tests
#
# Expected: one copy in each of seven cases, as RabbitMQ 3.10 gives by amqplib: a message comes to a queue once, even if several
#           bindings of the queue match it (AMQP 0-9-1, the rule "unique" of queue.bind); `#` stands for no word as well; what is
#           refused goes where the queue sends it to
# Seen:     it comes once for each binding that matches; what is sent as `sms` does not come to `sms.#`, nor to `#.sms`; and what
#           a queue sends on by way of the default exchange (deadLetterExchange: "") is gone, while it comes where the exchange
#           has a name. A test that each message is handled once, or of what becomes of one that failed, tells of the double
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @onify/fake-amqplib@3.7.0 >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const amqp = require(process.argv[2]);

async function count(channel, queue) {
  let found = 0;
  while (await channel.get(queue, { noAck: true })) found += 1;
  return found;
}

/** How many copies of one message come to a queue with these bindings to a topic exchange. */
async function copies(channel, patterns, key) {
  const { queue } = await channel.assertQueue("", { exclusive: true });
  for (const pattern of patterns) await channel.bindQueue(queue, "events", pattern);
  channel.publish("events", key, Buffer.from("hello"));
  await new Promise((done) => setTimeout(done, 200));
  return count(channel, queue);
}

/** How many messages come to where a queue sends what is refused. */
async function refused(channel, exchange) {
  const { queue: failed } = await channel.assertQueue("", { exclusive: true });
  if (exchange) {
    await channel.assertExchange(exchange, "direct", { durable: false });
    await channel.bindQueue(failed, exchange, failed);
  }
  const sentOn = { deadLetterExchange: exchange, deadLetterRoutingKey: failed };
  const { queue } = await channel.assertQueue("", { exclusive: true, ...sentOn });
  channel.sendToQueue(queue, Buffer.from("hello"));
  await new Promise((done) => setTimeout(done, 200));
  channel.nack(await channel.get(queue), false, false);
  await new Promise((done) => setTimeout(done, 200));
  return count(channel, failed);
}

(async () => {
  const connection = await amqp.connect("amqp://127.0.0.1");
  const channel = await connection.createChannel();
  await channel.assertExchange("events", "topic", { durable: false });
  const seen = {
    "sms.sent to sms.*": await copies(channel, ["sms.*"], "sms.sent"),
    "sms.sent to sms.* and *.sent": await copies(channel, ["sms.*", "*.sent"], "sms.sent"),
    "sms.sent to sms.#": await copies(channel, ["sms.#"], "sms.sent"),
    "sms to sms.#": await copies(channel, ["sms.#"], "sms"),
    "sms to #.sms": await copies(channel, ["#.sms"], "sms"),
    "refused, by an exchange with a name": await refused(channel, "failed"),
    "refused, by the default exchange": await refused(channel, ""),
  };
  for (const [what, copies] of Object.entries(seen)) console.log(`${what}: ${copies}`);
  process.exit(Object.values(seen).join() === "1,2,1,0,0,1,0" ? 0 : 1);
})();
NODE
node try.js @onify/fake-amqplib
