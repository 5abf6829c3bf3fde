"""aiogram, as its documentation shows it."""

import asyncio

from aiogram import Bot, Dispatcher
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from diary import BASE, WORK, note

dispatcher = Dispatcher()


@dispatcher.message()
async def handle(message):
    note("begin", message.text)
    await asyncio.sleep(WORK)
    await message.answer(f"re: {message.text}")
    note("end", message.text)


async def main():
    session = AiohttpSession(api=TelegramAPIServer.from_base(BASE))
    await dispatcher.start_polling(Bot("1:x", session=session))


asyncio.run(main())
