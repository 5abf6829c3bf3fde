#!/usr/bin/env bash
# pydle 1.2.0 and twitchAPI 4.5.0 (PyPI), two libraries for chats over IRC: the tags of a message have texts of people in them, such
# as what a message replies to; irctokens 2.0.2 and irc 20.5.0 read the same lines
#
# Expected: the text that was written: in IRCv3's message tags a blank is \s, a semicolon \:, a backslash two of them, and all else,
#           such as an equals sign, is itself. So it is with the other two
# Seen:     pydle undoes one escape after the other in the whole text, and then takes off what looks like one in the result:
#           C:\some\new loses a backslash and its s, and a shrug ¯\_(ツ)_/¯ its arm. twitchAPI undoes none, and ends at the first
#           equals sign: "see you at 8; a = b" is see\syou\sat\s8\:\sa\s; and for the one text whose blanks it means to restore,
#           `system_message`, it looks for two backslashes, which never come. Neither raises anything
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet pydle==1.2.0 twitchAPI==4.5.0 aiohttp==3.14.5 irctokens==2.0.2 irc==20.5.0 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import sys

import irctokens
from aiohttp import web
from irc.message import Tag
from pydle.features.ircv3.tags import TaggedMessage
from twitchAPI.chat import Chat
from twitchAPI.type import ChatEvent

TEXTS = ["see you at 8; a = b", r"it is in C:\some\new", r"¯\_(ツ)_/¯"]
ESCAPES = {"\\": "\\\\", ";": r"\:", " ": r"\s", "\r": r"\r", "\n": r"\n"}
NUMBERS = "room-id=1;user-id=1;tmi-sent-ts=1"

def escaped(text):
    return "".join(ESCAPES.get(character, character) for character in text)

def reply(text):
    return f"@id=1;{NUMBERS};reply-parent-msg-body={escaped(text)} :ann!ann@chat PRIVMSG #room :yes"

NOTICE = f"@id=2;{NUMBERS};msg-id=sub;system-msg={escaped('Ann has come')} :chat USERNOTICE #room :hello"

class Account:
    """As much of an account as the chat asks for, so that nobody is asked on the network."""

    session_timeout = None

    def has_required_auth(self, *_):
        return True

    async def get_refreshed_user_auth_token(self):
        return "any"

    async def get_users(self):
        self.login = "bot"
        yield self

async def by_twitchapi():
    async def serve(request):
        connection = web.WebSocketResponse()
        await connection.prepare(request)
        async for message in connection:
            if message.data.startswith("NICK"):
                for line in [":chat 001 bot :hello", *map(reply, TEXTS), NOTICE]:
                    await connection.send_str(line + "\r\n")
        return connection

    application = web.Application()
    application.router.add_get("/", serve)
    server = web.AppRunner(application)
    await server.setup()
    await web.TCPSite(server, "127.0.0.1", 0).start()
    replies, notice, there = [], [], asyncio.Event()

    async def on_message(message):
        replies.append(message.reply_parent_msg_body)
        if len(replies) == len(TEXTS) and notice:
            there.set()

    async def on_notice(event):
        notice.append(event.system_message)
        if len(replies) == len(TEXTS):
            there.set()

    address = f"ws://127.0.0.1:{server.addresses[0][1]}/"
    chat = await Chat(Account(), connection_url=address, callback_loop=asyncio.get_running_loop())
    chat.register_event(ChatEvent.MESSAGE, on_message)
    chat.register_event(ChatEvent.SUB, on_notice)
    await asyncio.to_thread(chat.start)
    await there.wait()
    await asyncio.to_thread(chat.stop)
    await server.cleanup()
    return replies, notice[0]

NAME = "reply-parent-msg-body"
replies, notice = asyncio.run(asyncio.wait_for(by_twitchapi(), 30))
seen = {
    "irctokens": [irctokens.tokenise(reply(text)).tags[NAME] for text in TEXTS],
    "irc": [Tag.parse(f"{NAME}={escaped(text)}")["value"] for text in TEXTS],
    "pydle": [TaggedMessage.parse(f"{reply(text)}\r\n".encode()).tags[NAME] for text in TEXTS],
    "twitchAPI": replies,
}
print("written:", *TEXTS, sep="\n  ")
for name, texts in seen.items():
    print(f"{name} reads:", *texts, sep="\n  ")
print(f"twitchAPI's system_message: {notice}")
wanted = {
    "irctokens": TEXTS,
    "irc": TEXTS,
    "pydle": [TEXTS[0], "it is in C: ome\new", "¯_(ツ)_/¯"],
    "twitchAPI": [r"see\syou\sat\s8\:\sa\s", r"it\sis\sin\sC:\\some\\new", r"¯\\_(ツ)_/¯"],
}
sys.exit(0 if seen == wanted and notice == r"Ann\shas\scome" else 1)
PYTHON
venv/bin/python try.py
