// The service by npm's soap or strong-soap, from a description: PACKAGE PORT WSDL; LEDGER names the ledger.
const fs = require("fs");
const [name, port, path] = process.argv.slice(2);
const soap = name === "soap" ? require("soap") : require("strong-soap").soap;
const record = {
  platformid: "100", platform: "whatsapp", message: "¿qué tal? <& 😀", destination: "34600000000", messageid: "7",
  sent: "true", status: "read", datetime: "2026-01-02 03:04:05",
};
const { sent, ...rest } = record;
const unread = { ...rest, issent: sent };
const channel = { platformid: "100", platform: "whatsapp", name: "Café <& Co> 😀" };
const fault = (code) => ({ Fault: { faultcode: code, faultstring: "No.", statusCode: 500 } });
const known = (given) => {
  if (given.user !== "user" || given.password !== "a-password") throw fault("INCORRECT_USER_PASSWORD");
};
const list = (...rows) => (given) => {
  known(given);
  return { status: "SUCCESS", result: { list: { item: rows } } };
};
const send = (given) => {
  known(given);
  const word = given.message.split(/\s/)[0];
  const event = word.split("-")[0];
  if (event === "deny") throw fault("CHANNEL_NOT_FOUND");
  if (event === "throw") throw new Error("a fault before the effect");
  if (event === "dies") process.kill(process.pid, "SIGKILL");
  fs.appendFileSync(process.env.LEDGER, `${word} \n`);
  if (event === "fault") throw new Error("a fault after the effect");
  if (event === "kill") process.kill(process.pid, "SIGKILL");
  return { status: "SUCCESS" };
};
const operations = {
  getchatchannels: list(channel),
  getchats: list(record),
  getmessages: list(record, { ...record, messageid: "8" }),
  getunreadmessages: list(unread),
  sendmessage: send,
  sendfile: send,
};
const server = require("http").createServer((request, response) => response.writeHead(404).end());
server.listen(Number(port), "127.0.0.1");
soap.listen(server, "/soap", { Chat: { Port: operations } }, fs.readFileSync(path, "utf8"));
