#!/usr/bin/env bash
# python-telegram-bot 22.8 and aiogram 3.31.0: a block of code with a language is written back as HTML, to be sent on; read by
# TDLib 1.8.69, Telegram's own library (the package tdjson), which takes HTML apart without a network
#
# Expected: the HTML that the libraries make of a message is read as that message: the Bot API writes a language as
#           <pre><code class="language-python">, which is what pyTelegramBotAPI 4.37.1 makes
# Seen:     python-telegram-bot's `text_html` has class="python", aiogram's `html_text` has language="language-python": neither
#           is known, so the block arrives without its language and without a word. Both write it right for MarkdownV2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet python-telegram-bot==22.8 aiogram==3.31.0 pyTelegramBotAPI==4.37.1 \
  tdjson==1.8.69 || exit 2
cat >try.py <<'PYTHON'
import datetime
import json
import sys

import aiogram.types
import tdjson
import telebot.formatting
import telebot.types
import telegram

def told(kind, **given):
    return json.loads(tdjson.td_execute(json.dumps({"@type": kind, **given}).encode()))

def language(text, mode, **version):
    mode = {"@type": mode, **version}
    entities = told("parseTextEntities", text=text, parse_mode=mode)["entities"]
    return next((entity["type"]["language"] for entity in entities if "language" in entity["type"]), None)

told("setLogVerbosityLevel", new_verbosity_level=0)
TEXT, CODE = "print(1)", {"type": "pre", "offset": 0, "length": 8, "language": "python"}
now = datetime.datetime.now(datetime.timezone.utc)
first = telegram.Message(1, now, telegram.Chat(1, "private"), text=TEXT, entities=[telegram.MessageEntity(**CODE)])
second = aiogram.types.Message(message_id=1, date=now, chat=aiogram.types.Chat(id=1, type="private"), text=TEXT,
                               entities=[aiogram.types.MessageEntity(**CODE)])
third = telebot.formatting.apply_html_entities(TEXT, [telebot.types.MessageEntity(**CODE)])
seen = {}
for name, html, markdown in (("python-telegram-bot", first.text_html, first.text_markdown_v2),
                             ("aiogram", second.html_text, second.md_text), ("pyTelegramBotAPI", third, None)):
    seen[name] = [language(html, "textParseModeHTML")]
    print(f"{name}: {html} is read with the language {seen[name][0]}")
    if markdown is not None:
        seen[name].append(language(markdown, "textParseModeMarkdown", version=2))
        print(f"{name}: {markdown!r} is read with the language {seen[name][1]}")
wanted = {"python-telegram-bot": [None, "python"], "aiogram": [None, "python"], "pyTelegramBotAPI": ["python"]}
sys.exit(0 if seen == wanted else 1)
PYTHON
venv/bin/python try.py
