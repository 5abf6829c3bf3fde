// grammY, as its documentation shows it.
const fs = require('fs')
const { Bot } = require('grammy')

const diary = fs.openSync(process.env.BOT_DIARY, 'a')
const note = (what, text) => fs.writeSync(diary, `${what} ${text}\n`)
const bot = new Bot('1:x', { client: { apiRoot: process.env.BOT_BASE } })
bot.on('message:text', async (ctx) => {
  const text = ctx.message.text
  note('begin', text)
  await new Promise((done) => setTimeout(done, 50))
  await ctx.reply(`re: ${text}`)
  note('end', text)
})
bot.start()
