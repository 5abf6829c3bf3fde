"""An inbox of this library, as its documentation shows it."""

import os
import time

from diary import WORK, note

from afilnet_protocols import Inbox

with Inbox("app.db", start="all") as inbox:

    @inbox.handler()
    def handle(incoming):
        note("begin", incoming.text)
        time.sleep(WORK)
        incoming.reply(f"re: {incoming.text}")
        note("end", incoming.text)

    if os.environ.get("AFILNET_DELIVERY") == "reconcile":
        inbox.outbox.reconcile(resend_absent=True)  # what a kill left in doubt
    inbox.run()
