"""A plain loop over a client of this library: what is unread is handled, and known by its identifier in a file."""

import contextlib
import time
from pathlib import Path

from diary import WORK, note

from afilnet_protocols import AfilnetError, connect

kept = Path("seen")
seen = set(kept.read_text("utf-8").split()) if kept.exists() else set()

with connect() as chat:
    while True:
        for last in chat.get_chats(platform="whatsapp", platform_id="100"):
            for message in chat.get_unread_messages(**last.address):
                if message.message_id in seen:
                    continue
                note("begin", message.message)
                time.sleep(WORK)
                with contextlib.suppress(AfilnetError):
                    chat.send_message(**message.address, message=f"re: {message.message}")
                note("end", message.message)
                seen.add(message.message_id)
                with kept.open("a", encoding="utf-8") as file:
                    print(message.message_id, file=file)
        time.sleep(0.5)
