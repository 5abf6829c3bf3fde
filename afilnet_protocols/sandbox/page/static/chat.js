// A window on a conversation: some of its messages are in the document, others come when they are scrolled to.

import { fragment, say } from "/static/page.js";

const log = document.getElementById("log");
const list = document.getElementById("bubbles");
const newer = document.getElementById("newer");
const MOST = 240; // bubbles in the document
const NEAR = 400; // pixels from an end at which more is fetched

if (list) {
  const flag = (name, value) => { list.dataset[name] = value ? "1" : "0"; };
  const has = (name) => list.dataset[name] === "1";
  const first = () => list.firstElementChild?.dataset.number;
  const last = () => list.lastElementChild?.dataset.number ?? 0;
  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const ask = (how, number) => fragment(`${list.dataset.source}&${how}=${number}`);
  let queue = Promise.resolve();
  const inTurn = (work) => { queue = queue.then(work, work); return queue; };

  // What is read stays where it is, whatever is put in above or taken out.
  const keeping = (work) => {
    const top = log.getBoundingClientRect().top;
    const anchor = [...list.children].find((each) => each.getBoundingClientRect().bottom > top);
    const was = anchor?.getBoundingClientRect().top;
    work();
    if (anchor?.isConnected) log.scrollTop += anchor.getBoundingClientRect().top - was;
  };

  const earlier = async () => {
    if (!has("before") || log.scrollTop > NEAR) return;
    const fresh = await ask("before", first());
    flag("before", fresh.length >= 60);
    keeping(() => {
      list.prepend(...fresh);
      while (list.children.length > MOST) { list.lastElementChild.remove(); flag("after", true); }
    });
  };

  const later = async () => {
    if (!has("after") || log.scrollHeight - log.scrollTop - log.clientHeight > NEAR) return;
    await append();
  };

  const append = async () => {
    const fresh = await ask("after", last());
    flag("after", fresh.length >= 60);
    keeping(() => {
      list.append(...fresh);
      while (list.children.length > MOST) { list.firstElementChild.remove(); flag("before", true); }
    });
    return fresh;
  };

  const toEnd = async () => {
    if (has("after")) {
      list.replaceChildren(...await ask("before", 0));
      flag("after", false);
      flag("before", list.children.length >= 60);
    }
    newer.hidden = true;
    log.scrollTop = log.scrollHeight;
  };

  const toStart = async () => {
    if (has("before")) {
      list.replaceChildren(...await ask("after", 0));
      flag("before", false);
      flag("after", list.children.length >= 60);
    }
    log.scrollTop = 0;
  };

  const news = async () => {
    if (has("after")) { newer.hidden = false; return; }
    const stay = !atEnd();
    const fresh = await append();
    if (!fresh.length) return;
    say(`${list.dataset.said}: ${fresh.at(-1).querySelector(".text").textContent.slice(0, 200)}`);
    if (stay) newer.hidden = false; else log.scrollTop = log.scrollHeight;
  };

  document.addEventListener("changed", (event) => { if (event.detail.includes("messages")) inTurn(news); });
  log.addEventListener("scroll", () => {
    if (atEnd() && !has("after")) newer.hidden = true;
    inTurn(earlier);
    inTurn(later);
  }, { passive: true });
  log.addEventListener("keydown", (event) => {
    if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      inTurn(event.key === "Home" ? toStart : toEnd);
    }
  });
  newer.addEventListener("click", () => inTurn(toEnd));
  const marked = document.getElementById(`message-${list.dataset.marked}`);
  if (marked) marked.scrollIntoView({ block: "center" }); else log.scrollTop = log.scrollHeight;

  const reveal = document.getElementById("reveal");
  const show = () => log.classList.toggle("reveal", reveal.checked);
  reveal.checked = sessionStorage.getItem("reveal") === "yes";
  reveal.addEventListener("change", () => {
    sessionStorage.setItem("reveal", reveal.checked ? "yes" : "no");
    keeping(show);
  });
  show();

  const answer = document.getElementById("answer");
  answer.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      answer.form.requestSubmit();
    }
  });
}
