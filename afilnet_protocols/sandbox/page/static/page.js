// What every view has: news by server-sent events, forms that change the sandbox, and buttons that copy.

const token = document.querySelector('meta[name="page-token"]').content;
const said = document.getElementById("said");

export function say(text) {
  said.textContent = "";
  requestAnimationFrame(() => { said.textContent = text; });
  setTimeout(() => { said.textContent = ""; }, 4000);
}

// Fragments are rendered by the server, which escapes everything; they hold no script.
export async function fragment(address) {
  const answer = await fetch(address);
  const parsed = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
  return [...parsed.body.children];
}

const written = (elements) => elements.map((each) => each.outerHTML).join("");

async function refresh(place) {
  if (place.busy) { place.again = true; return; }
  place.busy = true;
  try {
    do {
      place.again = false;
      const fresh = await fragment(place.dataset.source);
      // What is being chosen or typed in it stays, unless something is new.
      if (written(fresh) === written([...place.children])) continue;
      const focused = place.contains(document.activeElement) ? document.activeElement.id : "";
      place.replaceChildren(...fresh);
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    } while (place.again);
  } finally {
    place.busy = false;
  }
}

function changed(names) {
  const stale = [...document.querySelectorAll("[data-live]")]
    .filter((place) => place.dataset.live.split(" ").some((name) => names.includes(name)));
  document.dispatchEvent(new CustomEvent("changed", { detail: names }));
  return Promise.allSettled(stale.map(refresh));
}

const news = new EventSource("/live");
news.addEventListener("change", (event) => changed(JSON.parse(event.data)));
news.addEventListener("hello", async (event) => {
  await changed(JSON.parse(event.data));
  document.documentElement.dataset.live = "yes";
});
addEventListener("pagehide", () => news.close());

function valued(field) {
  if (field.dataset.type === "flag") return field.type === "checkbox" ? field.checked : field.value === "true";
  if (field.value === "" && field.dataset.empty === "null") return null;
  return field.dataset.type === "number" ? Number(field.value) : field.value;
}

function given(form) {
  const asked = {};
  for (const field of form.elements) {
    if (!field.name || field.matches(":disabled")) continue;
    if (field.name === "channel") {
      const { platform, platformId } = field.selectedOptions[0].dataset;
      Object.assign(asked, { platform, platform_id: platformId });
    } else if ("detail" in field.dataset) {
      (asked.details ??= {})[field.name] = valued(field);
    } else if (field.value !== "" || field.dataset.empty || field.dataset.type || field.name === "message") {
      asked[field.name] = valued(field);
    }
  }
  return asked;
}

async function change(form, address, body) {
  const answer = await fetch(address, { method: "POST", headers: { "x-afilnet-page-token": token }, body });
  const problem = form.querySelector(".problem");
  if (problem) problem.textContent = "";
  if (answer.ok) { say(document.body.dataset.done); return true; }
  const told = await answer.text();
  let words = told;
  try { words = JSON.parse(told).problem; } catch { /* it was plain text */ }
  if (problem) problem.textContent = words; else say(words);
  return false;
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.id === "import") {
    event.preventDefault();
    if (await change(form, "/state", form.elements.file.files[0])) location.assign("/");
    return;
  }
  if (!form.dataset.do) return;
  event.preventDefault();
  const asked = given(form);
  if (!await change(form, `/do/${form.dataset.do}`, JSON.stringify(asked))) return;
  if (form.dataset.then === "clear") form.elements.message.value = "";
  if (form.dataset.then === "go") {
    const { account, platform, platform_id, destination } = asked;
    location.assign(`/?${new URLSearchParams({ account, platform, platform_id, destination })}`);
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  say(document.body.dataset.copied);
});

const kind = document.getElementById("kind");
if (kind) {
  const explain = () => {
    for (const each of document.querySelectorAll("[data-kind]")) {
      each.hidden = each.disabled = each.dataset.kind !== kind.value;
    }
  };
  kind.addEventListener("change", explain);
  explain();
}
