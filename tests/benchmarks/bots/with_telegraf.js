// Telegraf, as its documentation shows it.
const fs = require('fs')
const { Telegraf } = require('telegraf')

const diary = fs.openSync(process.env.BOT_DIARY, 'a')
const note = (what, text) => fs.writeSync(diary, `${what} ${text}\n`)
const bot = new Telegraf('1:x', { telegram: { apiRoot: process.env.BOT_BASE } })
bot.on('text', async (ctx) => {
  const text = ctx.message.text
  note('begin', text)
  await new Promise((done) => setTimeout(done, 50))
  await ctx.reply(`re: ${text}`)
  note('end', text)
})
bot.launch()
