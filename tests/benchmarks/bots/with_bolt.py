"""Bolt in Socket Mode, as its documentation shows it."""

import time

from diary import BASE, WORK, note
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

app = App(client=WebClient("xoxb-x", base_url=f"{BASE}/slack/"), token_verification_enabled=False)


@app.event("message")
def handle(event, say):
    note("begin", event["text"])
    time.sleep(WORK)
    say(f"re: {event['text']}")
    note("end", event["text"])


SocketModeHandler(app, "xapp-x").start()
