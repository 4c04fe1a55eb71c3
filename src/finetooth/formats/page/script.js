"use strict";
(() => {
  const at = (id) => document.getElementById(id);

  // Light or dark: as the reader's system has it, until they say otherwise.
  const root = document.documentElement;
  const remembered = (() => { try { return localStorage.getItem("finetooth-theme"); } catch { return null; } })();
  if (remembered === "light" || remembered === "dark") root.classList.add(remembered);
  const theme = at("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = root.classList.contains("dark") ||
      (!root.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
    root.classList.remove("light", "dark");
    root.classList.add(dark ? "light" : "dark");
    try { localStorage.setItem("finetooth-theme", dark ? "light" : "dark"); } catch { /* a page from a file may not */ }
  });

  // What scrolls can be scrolled by keyboard, in browsers too that don't see to it themselves.
  const reachable = () => {
    for (const each of document.querySelectorAll(".scroll, .unread")) {
      if (each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight) each.tabIndex = 0;
      else each.removeAttribute("tabindex");
    }
  };
  reachable();
  addEventListener("resize", reachable);
  document.addEventListener("toggle", reachable, true); // what is unfolded may scroll too

  addEventListener("beforeprint", () => { for (const each of document.querySelectorAll("details.rest")) each.open = true; });

  const body = document.querySelector("#rows tbody");
  if (!body) return;

  // A row is a list; these are its places. Words stand once in lists of their own.
  const [PREVIEW, TYPE, SEVERITY, TIER, CATEGORY, RECORDS, OCCURRENCES, TRAINED, RISK, FINGERPRINT, RULES, PROOF, ROLES,
    PLACES, OUTCOME, CHANCE, WAIVER] = Array.from({ length: 17 }, (_, place) => place);
  const table = JSON.parse(at("table").textContent);
  const probed = at("leak") !== null;
  const PAGE = 50;
  let found = table.rows;
  let page = 0;
  let sorted = null;
  let falling = false;

  const places = (row) => {
    const listed = [];
    for (let each = 0; each < row[PLACES].length; each += 2) listed.push(table.paths[row[PLACES][each]] + row[PLACES][each + 1]);
    return listed;
  };
  const outcome = (row) => (row[OUTCOME] < 0 ? "untried" : table.outcomes[row[OUTCOME]]);
  let texts = null; // what is searched, made when somebody first searches
  const text = (row, number) => (texts[number] ??= [row[PREVIEW], table.types[row[TYPE]], table.categories[row[CATEGORY]],
    row[FINGERPRINT], ...row[RULES].map((rule) => table.rules[rule]), ...places(row), row[WAIVER]].join("\n").toLowerCase());

  const options = (id, words, counts) => {
    words.forEach((word, number) => {
      if (counts[number]) at(id).append(new Option(`${word} (${counts[number].toLocaleString("en")})`, number));
    });
  };
  const tally = (words, numbers) => {
    const counts = words.map(() => 0);
    for (const row of table.rows) for (const number of numbers(row)) counts[number] += 1;
    return counts;
  };
  const byName = (words, counts) => {
    const order = words.map((_, number) => number).sort((a, b) => (words[a] < words[b] ? -1 : 1));
    for (const number of order) at("type").append(new Option(`${words[number]} (${counts[number].toLocaleString("en")})`, number));
  };
  byName(table.types, tally(table.types, (row) => [row[TYPE]]));
  options("severity", table.severities, tally(table.severities, (row) => [row[SEVERITY]]));
  options("role", table.roles, tally(table.roles, (row) => row[ROLES]));

  const filter = () => {
    const wanted = (id) => (at(id) ? at(id).value : "");
    const [type, severity, tier, role] = ["type", "severity", "tier", "role"].map((id) => (wanted(id) === "" ? null : Number(wanted(id))));
    const [leak, waiver] = [wanted("leak"), wanted("waiver")];
    const words = wanted("search").toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length) texts ??= new Array(table.rows.length);
    found = table.rows.filter((row, number) =>
      (type === null || row[TYPE] === type) && (severity === null || row[SEVERITY] === severity) &&
      (tier === null || row[TIER] === tier) && (role === null || row[ROLES].includes(role)) &&
      (!leak || outcome(row) === leak) && (!waiver || (waiver === "yes") === (row[WAIVER] !== "")) &&
      (!words.length || words.every((word) => text(row, number).includes(word))));
    if (sorted) sort();
    page = 0;
    show();
  };

  const keys = {
    value: (row) => table.types[row[TYPE]] + row[PREVIEW], severity: (row) => row[SEVERITY], tier: (row) => -row[TIER],
    records: (row) => row[RECORDS], trained: (row) => row[TRAINED], risk: (row) => row[RISK],
    leak: (row) => (probed ? row[CHANCE] ?? -1 : table.proofs[row[PROOF]]), place: (row) => places(row)[0],
  };
  const sort = () => {
    const key = keys[sorted];
    const keyed = found.map((row) => [key(row), row]);
    const sign = falling ? -1 : 1;
    keyed.sort((a, b) => (a[0] < b[0] ? -sign : a[0] > b[0] ? sign : 0));
    found = keyed.map((pair) => pair[1]);
  };

  const element = (tag, name, content) => {
    const made = document.createElement(tag);
    made.className = name;
    made.textContent = content;
    return made;
  };
  const located = (place) => { // as the page does it without this script
    const at = place.includes("@") ? place.lastIndexOf("@") : place.length;
    const made = element("bdi", "place", place.slice(0, at));
    made.append(element("bdi", "", place.slice(at)));
    return made;
  };
  const drawn = (row) => {
    const made = at("row").content.firstElementChild.cloneNode(true);
    const cells = made.cells;
    cells[0].querySelector(".value").textContent = row[PREVIEW];
    cells[0].querySelector(".type").textContent = table.types[row[TYPE]];
    const severity = table.severities[row[SEVERITY]];
    Object.assign(cells[1].firstChild, { className: `severity ${severity}`, textContent: severity });
    const tier = row[TIER] ? "block" : "review";
    Object.assign(cells[2].firstChild, { className: `tier ${tier}`, textContent: tier });
    if (row[WAIVER]) cells[2].append(document.createElement("br"), element("span", "chip WAIVED", "waived"));
    cells[3].textContent = row[RECORDS].toLocaleString("en");
    cells[4].textContent = `${row[TRAINED].toLocaleString("en")} of ${row[OCCURRENCES].toLocaleString("en")}`;
    cells[5].textContent = row[RISK].toFixed(2);
    const names = { attributable: "leaked", untried: "not tried", "not-extractable": "not extractable" };
    const how = probed ? outcome(row) : table.proofs[row[PROOF]];
    Object.assign(cells[6].firstChild, { className: probed ? `outcome ${how}` : "", textContent: names[how] ?? how });
    const listed = places(row);
    const first = table.paths[row[PLACES][0]].replace(/\/+$/, "").split("/").pop() + row[PLACES][1];
    made.querySelector("summary .place").replaceWith(located(first));
    made.querySelector("ul").append(...listed.map((place) => {
      const item = document.createElement("li");
      item.append(located(place));
      return item;
    }));
    const more = row[OCCURRENCES] - listed.length;
    made.querySelector(".more").textContent = more > 0 ? `and ${more.toLocaleString("en")} more, in findings.jsonl` : "";
    made.querySelector(".waiver").textContent = row[WAIVER] ? `Waived by ${row[WAIVER]}` : "";
    made.querySelector(".how").textContent = `${row[RULES].map((rule) => table.rules[rule]).join(", ")} · proof: ${table.proofs[row[PROOF]]}`;
    made.querySelector(".fingerprint").textContent = row[FINGERPRINT];
    return made;
  };

  const show = () => {
    const from = page * PAGE;
    body.replaceChildren(...found.slice(from, from + PAGE).map(drawn));
    const all = table.rows.length.toLocaleString("en");
    at("counted").textContent = found.length === table.rows.length ? all : `${found.length.toLocaleString("en")} of ${all}`;
    at("none").hidden = found.length > 0;
    at("pages").hidden = found.length <= PAGE;
    at("page").textContent = `${(from + 1).toLocaleString("en")} to ${Math.min(from + PAGE, found.length).toLocaleString("en")} of ${found.length.toLocaleString("en")}`;
    at("back").disabled = page === 0;
    at("on").disabled = from + PAGE >= found.length;
  };

  const turn = (by) => { page += by; show(); at("findings").scrollIntoView(); };
  at("back").addEventListener("click", () => turn(-1));
  at("on").addEventListener("click", () => turn(1));
  let waiting = 0;
  at("filters").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  at("filters").addEventListener("reset", () => setTimeout(filter));
  for (const link of document.querySelectorAll("a[data-type]")) {
    link.addEventListener("click", () => {
      at("filters").reset();
      at("type").value = table.types.indexOf(link.dataset.type);
      setTimeout(filter);
    });
  }
  for (const head of document.querySelectorAll("#rows th[data-sort]")) {
    const button = element("button", "", head.textContent);
    button.type = "button";
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      falling = sorted === head.dataset.sort ? !falling : ["records", "trained", "risk"].includes(head.dataset.sort) || (probed && head.dataset.sort === "leak");
      sorted = head.dataset.sort;
      for (const each of document.querySelectorAll("#rows th")) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      page = 0;
      sort();
      show();
    });
  }
  at("filters").hidden = false;
  at("static-note").hidden = true;
  show();
})();
