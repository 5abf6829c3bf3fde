"use strict";
(() => {
  const report = JSON.parse(document.getElementById("report").textContent);
  const dialog = document.getElementById("cell");
  const body = document.getElementById("cell-body");
  const cases = new Map(report.cases.map((each) => [each.id, each]));
  const results = new Map(report.results.map((each) => [`${each.case} ${each.backend}`, each]));
  const buttons = [...document.querySelectorAll("button.cell")];
  let shown = null;

  // Text from a service only ever becomes text.
  function make(tag, names, ...children) {
    const element = document.createElement(tag);
    if (names) element.className = names;
    element.append(...children.filter((child) => child !== null));
    return element;
  }
  const spelled = (value) => (typeof value === "string" ? JSON.stringify(value) : JSON.stringify(value, null, 1));
  const labelled = (label, names, child) => make("div", `block ${names}`, make("p", "label", label), child);

  // What a cell shows: its own finding, or that of another backend in the same case, or what all were asked alike.
  function sceneOf(result) {
    const same = report.results.filter((each) => each.case === result.case);
    const finding = [result, ...same].find((each) => each.operation && Object.keys(each.wire).length);
    if (finding) {
      const about = finding === result ? "The shortest sequence that shows it" : `What ${finding.backend} does otherwise`;
      return { about, steps: finding.steps, wire: Object.entries(finding.wire), more: {} };
    }
    const told = (each) => JSON.stringify(each.steps.map((step) => step.text));
    const alike = same.filter((each) => each === result || told(each) === told(result));
    return {
      about: result.operation ? "The shortest sequence that shows it" : "What was asked last",
      steps: result.steps,
      wire: alike.flatMap((each) => Object.entries(each.wire)),
      more: Object.fromEntries(alike.map((each) => [each.backend, each.left_out])),
    };
  }

  function describe(result) {
    const about = cases.get(result.case);
    const button = buttons.find((each) => each.dataset.case === result.case && each.dataset.backend === result.backend);
    const tone = button ? button.dataset.tone : "mute";
    const title = make("h2", "", `${result.case} on ${result.backend} `, make("span", `chip ${tone}`, result.outcome));
    title.id = "cell-title";
    const facts = make("ul", "chips");
    for (const fact of [about.area_about, about.level, about.provenance, about.capability, `${result.seconds.toFixed(3)} s`]) {
      if (fact) facts.append(make("li", "chip", fact));
    }
    const parts = [title, make("p", "", make("strong", "", about.title)), facts];
    // Every second piece between double backquotes is code.
    const pieces = about.requirement.split("``").map((piece, place) => (place % 2 ? make("code", "", piece) : piece));
    if (about.requirement) parts.push(make("p", "soft", ...pieces));
    if (result.operation) {
      const place = [make("code", "", result.operation), result.field ? ", field " : "", make("code", "", result.field)];
      parts.push(make("p", "", "Where it shows: ", ...place));
      parts.push(
        make(
          "div",
          "pair",
          labelled("Expected", "expected", make("pre", "", spelled(result.expected))),
          labelled(`Found on ${result.backend}`, "found", make("pre", "", spelled(result.actual))),
        ),
      );
    }
    if (result.reason) parts.push(labelled("What the suite says", "", make("pre", "", result.reason)));
    const scene = sceneOf(result);
    if (scene.steps.length) {
      const steps = make("ol", "steps", ...scene.steps.map((step) => make("li", "", make("code", "", step.text))));
      parts.push(labelled(scene.about, "", steps));
    }
    if (scene.wire.length) {
      const columns = scene.wire.map(([name, exchanges]) =>
        make(
          "figure",
          "",
          make("figcaption", "", name),
          ...exchanges.flatMap((each) => [make("pre", "request", each.request), make("pre", "reply", each.reply)]),
          exchanges.length ? null : make("p", "soft", "nothing left the client"),
          scene.more[name] ? make("p", "soft", `and ${scene.more[name]} more`) : null,
        ),
      );
      const strip = make("div", "wire", ...columns);
      strip.tabIndex = 0;
      strip.setAttribute("role", "group");
      strip.setAttribute("aria-label", "The wire of every protocol");
      parts.push(labelled("The wire, side by side", "", strip));
    } else if (result.outcome === "pass") {
      parts.push(make("p", "soft", "It holds; this page has no wire of it."));
    }
    return parts;
  }

  function open(name, backend) {
    const result = results.get(`${name} ${backend}`);
    if (!result) return;
    shown = result;
    body.replaceChildren(...describe(result));
    if (!dialog.open) dialog.showModal();
    body.focus({ preventScroll: true });
    dialog.scrollTop = 0;
    history.replaceState(null, "", `#${encodeURIComponent(name)}/${encodeURIComponent(backend)}`);
  }

  function go(by) {
    const names = report.targets.filter((name) => results.has(`${shown.case} ${name}`));
    open(shown.case, names[(names.indexOf(shown.backend) + by + names.length) % names.length]);
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-case]");
    if (opener) open(opener.dataset.case, opener.dataset.backend);
    if (event.target === dialog || event.target.closest("[data-close]")) dialog.close();
    const mover = event.target.closest("[data-go]");
    if (mover) go(Number(mover.dataset.go));
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.target.closest(".wire")) return;
    if (event.key === "ArrowRight") go(1);
    if (event.key === "ArrowLeft") go(-1);
  });
  dialog.addEventListener("close", () => {
    history.replaceState(null, "", "#cases");
    const opener = buttons.find((each) => each.dataset.case === shown.case && each.dataset.backend === shown.backend);
    if (opener) opener.focus();
  });

  // The arrow keys walk the grid.
  const moves = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
  document.querySelector("table.grid")?.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    const row = event.target.closest("tr");
    if (!move || !event.target.matches("button.cell")) return;
    event.preventDefault();
    const rows = [...document.querySelectorAll("table.grid tr.case:not([hidden])")];
    const cells = (line) => [...line.querySelectorAll("td")];
    const line = rows[rows.indexOf(row) + move[0]];
    const place = cells(row).indexOf(event.target.closest("td")) + move[1];
    line && cells(line)[place]?.querySelector("button")?.focus();
  });

  const search = document.getElementById("search");
  const only = document.getElementById("only");
  function filter() {
    const wanted = search.value.trim().toLowerCase();
    for (const group of document.querySelectorAll("table.grid tbody")) {
      let any = false;
      for (const row of group.querySelectorAll("tr.case")) {
        const fits = row.textContent.toLowerCase().includes(wanted) && (!only.checked || row.dataset.finding === "yes");
        row.hidden = !fits;
        any ||= fits;
      }
      group.hidden = !any;
    }
  }
  if (search) {
    document.querySelector(".tools").hidden = false;
    search.addEventListener("input", filter);
    only.addEventListener("change", filter);
  }

  const theme = document.getElementById("theme");
  const themes = ["auto", "light", "dark"];
  let chosen = 0;
  try {
    chosen = Math.max(0, themes.indexOf(localStorage.getItem("afilnet-theme")));
  } catch {
    // A page from a file may have no memory.
  }
  function dress() {
    document.documentElement.dataset.theme = themes[chosen];
    theme.textContent = `Theme: ${themes[chosen]}`;
  }
  theme.hidden = false;
  theme.addEventListener("click", () => {
    chosen = (chosen + 1) % themes.length;
    dress();
    try {
      localStorage.setItem("afilnet-theme", themes[chosen]);
    } catch {
      // As above.
    }
  });
  dress();

  const copy = document.getElementById("copy");
  if (copy) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      const command = document.getElementById("command");
      try {
        await navigator.clipboard.writeText(command.textContent);
        copy.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(command);
        copy.textContent = "Selected";
      }
    });
  }

  for (const button of document.querySelectorAll(".finding button[hidden]")) button.hidden = false;
  const [name, backend] = location.hash.slice(1).split("/").map(decodeURIComponent);
  if (backend) open(name, backend);
})();
