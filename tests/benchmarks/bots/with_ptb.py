"""python-telegram-bot, as its documentation shows it."""

import asyncio

from diary import BASE, WORK, note
from telegram.ext import Application, MessageHandler, filters


async def handle(update, context):
    text = update.message.text
    note("begin", text)
    await asyncio.sleep(WORK)
    await update.message.reply_text(f"re: {text}")
    note("end", text)


application = Application.builder().token("1:x").base_url(f"{BASE}/bot").build()
application.add_handler(MessageHandler(filters.TEXT, handle))
application.run_polling()
