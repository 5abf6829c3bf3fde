#!/usr/bin/env bash
# @sinch/sdk-core 1.4.0 (npm): somebody is asked by SMS for which day, and answers "2026-12-01"
#
# Expected: `body`, a string by the library's own types, is what the person wrote, as it is for "on 2026-12-01"
# Seen:     every text of an answer that may be a date is made one, whichever field it is in: "2026-12-01" is an Invalid Date,
#           since the -01 is taken for a time zone, and null in JSON, so what was written cannot be had. Of "2026-12-01 10:00
#           (at the dentist)" a moment is left, without the words and at 10:00 in UTC. A reference of one's own fares no better
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund @sinch/sdk-core@1.4.0 @sinch/sms@1.4.0 @sinch/sdk-client@1.5.0 >/dev/null 2>&1 || exit 2
cat >try.js <<'NODE'
const { SmsService } = require("@sinch/sdk-core");

const written = ["on 2026-12-01", "2026-12-01", "2026-12-01 10:00 (at the dentist)"];
const inbounds = written.map((body, n) => ({
  type: "mo_text", id: `${n}`, from: "34600123456", to: "34700", body, client_reference: body, received_at: "2026-11-30T08:00:00.000Z",
}));
const service = require("http").createServer((request, response) => {
  const page = { page: 0, page_size: 30, count: inbounds.length, inbounds };
  request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(page)));
});
service.listen(0, "127.0.0.1", async () => {
  const smsHostname = `http://127.0.0.1:${service.address().port}`;
  const sms = new SmsService({ servicePlanId: "any", apiToken: "any", smsRegion: "eu", smsHostname });
  const { data } = await sms.inbounds.list({});
  for (const [n, { body, client_reference }] of data.entries()) {
    console.log(`${JSON.stringify(written[n])} is read as ${typeof body} ${body}, in JSON ${JSON.stringify(body)}, and as a reference ${client_reference}`);
  }
  service.close();
  const seen = JSON.stringify(data.map(({ body }) => body));
  const same = seen === '["on 2026-12-01",null,"2026-12-01T10:00:00.000Z"]' && `${data[1].client_reference}` === "Invalid Date";
  process.exitCode = same ? 0 : 1;
});
NODE
TZ=UTC node try.js
