#!/usr/bin/env bash
# slixmpp 1.17.0: the history of a room (XEP-0313), of which the service hands out ten messages at a time
#
# Expected: all 25 messages, the newest or the oldest first, as it was asked; an XMPPError where a page is refused
# Seen:     the newest first, there are 10, and nothing is raised: a page that reaches up to the count is taken for the last one,
#           and backwards that is the very first. Where a service does not number its pages, which the standard leaves to it,
#           all 25 come. Nor is anything raised where a page is refused for the moment (type "wait", resource-constraint): it
#           is the end of the list, after 10 messages or after none
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet slixmpp==1.17.0 || exit 2
cat >try.py <<'PYTHON'
import asyncio
import re
import sys

from slixmpp import ClientXMPP
from slixmpp.exceptions import XMPPError

ARCHIVE = [f"m{number}" for number in range(1, 26)]
STREAMS = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"
HEAD = f"<stream:stream {STREAMS} version='1.0' from='example' id='s1'>"
LOGIN = "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>ANONYMOUS</mechanism></mechanisms>"
BIND = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{}</bind>"
BUSY = "<error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
ME = "ann@example/1"

def page(query, numbered):
    """The page that is asked for, as XEP-0059 has it: what it holds, and where it stands."""
    size = int(re.search(r"<max>(\d+)</max>", query)[1])
    after = re.search(r"<after>(\w+)</after>", query)
    before = re.search(r"<before>(\w+)</before>", query)
    if "<before" in query:
        end = ARCHIVE.index(before[1]) if before else len(ARCHIVE)
        begin = max(end - size, 0)
    else:
        begin = ARCHIVE.index(after[1]) + 1 if after else 0
        end = min(begin + size, len(ARCHIVE))
    shown = ARCHIVE[begin:end]
    index, count = (f" index='{begin}'", f"<count>{len(ARCHIVE)}</count>") if numbered else ("", "")
    ends = f"<first{index}>{shown[0]}</first><last>{shown[-1]}</last>" if shown else ""
    return shown, f"<set xmlns='http://jabber.org/protocol/rsm'>{ends}{count}</set>"

def service(numbered, refused):
    """A service that lets anybody in, and keeps the history of a room."""
    async def serve(reader, writer):
        asked, logged_in, text = 0, False, ""
        while piece := (await reader.read(4096)).decode():
            text += piece
            number = (re.search(r"<iq[^>]*\bid=[\"']([^\"']+)", text) or [None, ""])[1]
            answer = ""
            if "<stream:stream" in text:
                answer = f"{HEAD}<stream:features>{BIND.format('') if logged_in else LOGIN}</stream:features>"
            elif "<auth" in text:
                logged_in, answer = True, "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"
            elif "</iq>" in text and "xmpp-bind" in text:
                answer = f"<iq type='result' id='{number}'>{BIND.format(f'<jid>{ME}</jid>')}</iq>"
            elif "</iq>" in text and "urn:xmpp:mam:2" in text:
                asked += 1
                sent = f"from='room@example' to='{ME}'"
                if asked == refused:
                    answer = f"<iq type='error' {sent} id='{number}'>{BUSY}</iq>"
                else:
                    query = re.search(r"queryid=[\"']([^\"']+)", text)[1]
                    shown, where = page(text, numbered)
                    for each in shown:
                        message = f"<message xmlns='jabber:client' from='room@example/bob'><body>{each}</body></message>"
                        answer += f"<message {sent}><result xmlns='urn:xmpp:mam:2' queryid='{query}' id='{each}'>"
                        answer += f"<forwarded xmlns='urn:xmpp:forward:0'>{message}</forwarded></result></message>"
                    answer += f"<iq type='result' {sent} id='{number}'><fin xmlns='urn:xmpp:mam:2'>{where}</fin></iq>"
            if answer:
                text = ""
                writer.write(answer.encode())
    return serve

async def history(reverse=False, numbered=True, refused=0):
    server = await asyncio.start_server(service(numbered, refused), "127.0.0.1", 0)
    bot = ClientXMPP("example", "")
    bot.enable_direct_tls = bot.enable_starttls = False
    bot.enable_plaintext = True
    for plugin in ("xep_0059", "xep_0297", "xep_0313"):
        bot.register_plugin(plugin)
    begun = asyncio.Event()
    bot.add_event_handler("session_start", lambda _: begun.set())
    bot.connect(*server.sockets[0].getsockname())
    await asyncio.wait_for(begun.wait(), 30)
    read, end = [], "no error"
    try:
        async for each in bot.plugin["xep_0313"].iterate(jid="room@example", reverse=reverse):
            read.append(each["mam_result"]["forwarded"]["stanza"]["body"])
    except XMPPError as error:
        end = error.condition
    await bot.disconnect(wait=0)
    server.close()
    return read, end

async def main():
    newest = ARCHIVE[::-1]
    cases = {
        "oldest first": (dict(), ARCHIVE),
        "newest first": (dict(reverse=True), newest[:10]),
        "newest first, pages not numbered": (dict(reverse=True, numbered=False), newest),
        "oldest first, second page refused": (dict(refused=2), ARCHIVE[:10]),
        "oldest first, first page refused": (dict(refused=1), []),
    }
    as_seen = True
    for case, (asked, wanted) in cases.items():
        read, end = await asyncio.wait_for(history(**asked), 60)
        left = [task for task in asyncio.all_tasks() if "run_filters" in repr(task)]  # slixmpp leaves it behind
        [task.cancel() for task in left]
        await asyncio.gather(*left, return_exceptions=True)
        ends = f", from {read[0]} to {read[-1]}" if read else ""
        print(f"{case}: {len(read)} of {len(ARCHIVE)} messages{ends}; {end}")
        as_seen = as_seen and (read, end) == (wanted, "no error")
    return as_seen

sys.exit(0 if asyncio.run(main()) else 1)
PYTHON
venv/bin/python try.py
