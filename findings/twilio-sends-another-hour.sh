#!/usr/bin/env bash
# twilio 9.13.0 of PyPI: a message is scheduled for a moment that is given with its time zone
#
# Expected: `SendAt` names that moment, whatever zone it was given in (noon at +02:00 is 10:00Z), or the call is refused
# Seen:     the hour is kept, the zone dropped, and a Z put behind it: noon at +02:00 is sent as 12:00:00Z, so the message goes
#           out two hours late, and from New York five hours early. One moment in three zones is three moments. The filters
#           of a listing (`date_sent_after`) are written in the same way, so they ask for other messages
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet twilio==9.13.0 || exit 2
cat >try.py <<'PYTHON'
import datetime
import sys

from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

class Recorder(TwilioHttpClient):
    def request(self, method, url, params=None, data=None, headers=None, auth=None, timeout=None, allow_redirects=False):
        if method == "POST":
            self.asked = data["SendAt"]
            return Response(201, '{"sid": "SM0"}')
        self.asked = params["DateSent>"]
        return Response(200, '{"messages": [], "meta": {"key": "messages"}}')

recorder = Recorder()
messages = Client("AC0", "any", http_client=recorder).messages
moment = datetime.datetime(2026, 12, 1, 10, tzinfo=datetime.timezone.utc)
seen = []
for hours in (0, 2, -5):
    given = moment.astimezone(datetime.timezone(datetime.timedelta(hours=hours)))
    messages.create(to="+15005550006", body="hello", messaging_service_sid="MG0", schedule_type="fixed", send_at=given)
    sent = recorder.asked
    messages.list(date_sent_after=given)
    seen.append((sent, recorder.asked))
    print(f"send_at={given.isoformat()}: SendAt={sent}, and as a filter DateSent>={recorder.asked}")
wanted = [f"2026-12-01T{hour}:00:00Z" for hour in ("10", "12", "05")]
sys.exit(0 if seen == [(text, text) for text in wanted] else 1)
PYTHON
venv/bin/python try.py
