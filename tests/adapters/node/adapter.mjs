// A backend written for Node.js with its standard library alone. It speaks http-post (a form over HTTPS) and is driven
// in JSON lines: `afilnet conformance run "proc:node adapter.mjs"`.

import { readFileSync } from "node:fs";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { BlockList, isIP } from "node:net";
import { createInterface } from "node:readline";

const CONVERSATION = ["platform", "platform_id", "destination"];
const OPERATIONS = {
  get_chat_channels: { method: "getchatchannels", needs: [], may: [], record: "channel" },
  send_message: { method: "sendmessage", needs: [...CONVERSATION, "message"], may: [] },
  send_file: {
    method: "sendfile",
    needs: [...CONVERSATION, "file_type", "file_url"],
    may: ["thumb_url", "message"],
  },
  get_chats: { method: "getchats", needs: ["platform", "platform_id"], may: [], record: "message" },
  get_messages: { method: "getmessages", needs: CONVERSATION, may: [], record: "message" },
  get_unread_messages: { method: "getunreadmessages", needs: CONVERSATION, may: [], record: "message" },
};
const WIRE = { platform_id: "platformid", file_type: "type", file_url: "fileurl", thumb_url: "thumburl" };
const VALUES = {
  platform: ["webchat", "whatsapp", "telegram", "operator"],
  file_type: ["image", "video", "audio", "voice", "document", "contact"],
};
const ORDER = ["platform", "platform_id", "destination", "message", "file_type", "file_url", "thumb_url"];
const KINDS = { CHANNEL_NOT_FOUND: "NotFoundError", CHAT_NOT_FOUND: "NotFoundError", INCORRECT_USER_PASSWORD: "AuthenticationError" };
const REJECTED = new Set([
  ...["MISSING_USER", "MISSING_PASSWORD", "MISSING_CLASS", "MISSING_METHOD", "MISSING_COMPULSORY_PARAM"],
  ...["INCORRECT_CLASS", "INCORRECT_METHOD", "INCORRECT_FILETYPE", "INCORRECT_FILEURL", "INCORRECT_THUMBURL"],
]);
// A platform may be new; one that differs from a known one by letter case or blanks is a mistake.
const mayExist = (name, value) => name === "platform" && !VALUES.platform.includes(value.trim().toLowerCase());
const UNFIT = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u;
const IDENTIFIERS = new Set(["platform_id", "destination"]);
const NO_NAME = /[\p{Cc}\p{Zl}\p{Zp}]/u;

class Failure extends Error {
  constructor(kind, delivery, code = null) {
    super(code ?? kind);
    this.told = { class: kind, code, delivery };
  }
}

const closed = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8], ["10.0.0.0", 8], ["100.64.0.0", 10], ["127.0.0.0", 8], ["169.254.0.0", 16], ["172.16.0.0", 12],
  ["192.0.0.0", 24], ["192.168.0.0", 16], ["224.0.0.0", 3],
]) closed.addSubnet(network, bits, "ipv4");

function refuseAddress(text) {
  const refuse = () => { throw new Failure("InvalidFileUrlError", "not_sent"); };
  if ([...text].length > 2048 || /[\s\\]/u.test(text) || !/^https:\/\/[^/?#]/iu.test(text)) refuse();
  if (!URL.canParse(text)) refuse();
  const { hostname, username, password } = new URL(text);
  if (username || password || hostname.startsWith("[")) refuse();
  if (isIP(hostname) === 4 ? closed.check(hostname) : !/\./u.test(hostname) || /\.(local|localhost|internal)$/u.test(hostname)) refuse();
}

// The first faulty parameter, in the order of the operation, decides the error.
function checked({ needs, may }, given) {
  const fields = {};
  const order = may.length ? [...needs, ...may] : ORDER.filter((name) => needs.includes(name));
  for (const name of order) {
    const value = given[name] ?? "";
    if (value === "") {
      if (needs.includes(name)) throw new Failure("InvalidRequestError", "not_sent");
      continue;
    }
    if (typeof value !== "string") throw new Failure("InvalidRequestError", "not_sent");
    if (name in VALUES && !VALUES[name].includes(value) && !mayExist(name, value)) throw new Failure("InvalidRequestError", "not_sent");
    if (UNFIT.test(value) || (IDENTIFIERS.has(name) && NO_NAME.test(value))) throw new Failure("UnsupportedTextError", "not_sent");
    if (name.endsWith("_url")) refuseAddress(value);
    fields[WIRE[name] ?? name] = value;
  }
  return fields;
}

let settings = {};

function post(fields) {
  const url = new URL("/api/http/", settings.base_url);
  const body = new URLSearchParams(fields).toString();
  const secure = url.protocol === "https:";
  const options = {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", "Content-Length": Buffer.byteLength(body) },
    agent: false, // a connection of its own for every call: a kept one may end under a send
    ...(secure && settings.ca_file ? { ca: readFileSync(settings.ca_file) } : {}),
  };
  return new Promise((resolve, reject) => {
    let written = false;
    const lost = () => reject(written ? new Failure("OutcomeUnknownError", "unknown") : new Failure("NotSentError", "not_sent"));
    const sent = (secure ? tlsRequest : plainRequest)(url, options, (answer) => {
      const pieces = [];
      answer.on("data", (piece) => pieces.push(piece));
      answer.on("aborted", lost);
      answer.on("error", lost);
      answer.on("end", () => resolve({ status: answer.statusCode, text: Buffer.concat(pieces).toString("utf8") }));
    });
    sent.on("socket", (socket) => socket.once(secure ? "secureConnect" : "connect", () => { written = true; }));
    // Of the whole call: the timeout of a socket begins anew with every byte.
    const late = setTimeout(() => sent.destroy(), settings.timeout * 1000);
    sent.on("close", () => clearTimeout(late));
    sent.on("error", lost);
    sent.end(body);
  });
}

function understood({ status, text }) {
  const unknown = () => new Failure("OutcomeUnknownError", "unknown");
  let document;
  try {
    document = JSON.parse(text);
  } catch {
    throw unknown();
  }
  if (document?.status === "ERROR" && typeof document.error === "string") {
    const code = document.error;
    const kind = KINDS[code] ?? (REJECTED.has(code) ? "RejectedRequestError" : "UnknownServiceError");
    throw new Failure(kind, kind === "UnknownServiceError" ? "unknown" : "rejected", code);
  }
  if (document?.status !== "SUCCESS" || status !== 200) throw unknown();
  return document.result?.list ?? [];
}

const RECORDS = {
  channel: (item) => ({ platform_id: String(item.platformid), platform: item.platform, name: item.name }),
  message: (item) => ({
    platform_id: String(item.platformid),
    platform: item.platform,
    message: item.message,
    destination: item.destination,
    message_id: String(item.messageid),
    sent: [true, 1, "1", "true"].includes(item.sent ?? item.issent),
    status: item.status,
    timestamp: settings.service_timezone ? `${item.datetime}+00:00` : item.datetime,
  }),
};

// What a POST reaches: medium over TLS, nothing without. Below the minimum, nothing leaves.
const LEVELS = ["none", "low", "medium", "medium_high", "high", "maximum"];

function checkLevel() {
  const reached = settings.base_url.startsWith("https:") ? "medium" : "none";
  if (LEVELS.indexOf(reached) < LEVELS.indexOf(settings.minimum_security ?? "medium")) {
    throw new Failure("SecurityPolicyError", "not_sent");
  }
}

// What it cannot honour, it refuses; the only zone that it knows is UTC.
function checkSettings() {
  if (settings.pin_sha256 || settings.proxy || (settings.service_timezone ?? "UTC") !== "UTC") {
    throw new Failure("ConfigurationError", "not_sent");
  }
}

async function call({ operation, arguments: given }) {
  checkSettings();
  checkLevel();
  const known = OPERATIONS[operation];
  const fields = checked(known, given);
  const credentials = { class: "chat", method: known.method, user: settings.user, password: settings.password };
  const list = understood(await post({ ...fields, ...credentials }));
  return known.record ? list.map(RECORDS[known.record]) : null;
}

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  if (asked.hello) {
    settings = asked.hello.settings;
    say({ id: asked.id, hello: { protocol: 1, name: "node", capabilities: ["unlimited-size", "secrets-out-of-urls"] } });
  } else if (asked.call) {
    try {
      say({ id: asked.id, result: await call(asked.call) });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      say({ id: asked.id, error: error.told });
    }
  } else if (asked.close) {
    say({ id: asked.id, result: null });
    break;
  }
}
