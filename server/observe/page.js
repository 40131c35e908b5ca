"use strict";

// Asks for /status.json once a second, and shows it.

const INTERVAL_MS = 1000;
// An answer that takes longer is none.
const PATIENCE_MS = 5000;
const STATES = {
  STATE_LISTENING: ["listening", "good"],
  STATE_STOPPED: ["stopped", ""],
  STATE_FAILED: ["failed", "bad"],
};
// Field of the counts, what it is called, whether it is a failure.
const COUNTS = [
  ["accepted", "accepted"],
  ["open", "open"],
  ["completed", "completed"],
  ["bytesSent", "sent"],
  ["timedOut", "timed out", true],
  ["reset", "reset", true],
  ["rejected", "rejected", true],
  ["pauses", "pauses", true],
];

const byId = (id) => document.getElementById(id);
const cards = new Map();
let serverId = null;
let lastAnswer = null;

function makeCard(name) {
  const card = {
    name: make("h3", "", name), state: make("span", "badge"), address: make("div", "address"),
    error: make("p", "error"), text: make("span"), ending: make("span", "ending"), plot: makePlot(),
    counts: new Map(), last: make("p", "last"), accepted: null,
  };
  const counts = make("dl", "counts");
  for (const [field, title] of COUNTS) {
    const value = make("dd");
    card.counts.set(field, value);
    counts.append(make("div", "", make("dt", "", title), value));
  }
  card.root = make("article", "", make("div", "title", card.name, card.state, card.address),
    card.error, make("pre", "message", card.text, card.ending), card.plot.root, counts, card.last);
  card.root.dataset.listener = name;
  return card;
}

function showLast(card, change, now) {
  const key = change === undefined ? "" : `${change.number} ${Math.floor(now / 1000)}`;
  if (card.lastKey === key) return;
  card.lastKey = key;
  if (change === undefined) {
    setText(card.last, "Last changed before the history below.");
    return;
  }
  card.last.replaceChildren("Last changed ", make("b", "", `${span((now - Date.parse(change.time)) / 1000)} ago`),
    " by ", make("b", "", change.author), ` in revision ${change.number}: ${change.action}`,
    change.comment ? ` (${change.comment})` : "");
  card.last.title = clock(change.time);
}

function showListener(card, status, listener, change, now, elapsed) {
  const [state, look] = STATES[status.state] ?? ["unknown", ""];
  setText(card.state, state);
  setClass(card.state, `badge ${look}`);
  setText(card.address, status.boundAddress || listener.address);
  setText(card.error, status.error);
  card.error.hidden = status.error === "";
  setText(card.text, greetingText(listener.greeting));
  setText(card.ending, (ENDINGS[listener.greeting.ending] ?? "") +
    (listener.greeting.template ? "  (a template)" : ""));
  for (const [field, , fault] of COUNTS) {
    const value = Number(status.counts[field]);
    const element = card.counts.get(field);
    setText(element, field === "bytesSent" ? bytes(value) : number(value));
    setClass(element, `${fault ? "fault" : ""}${value === 0 ? " zero" : ""}`);
  }
  const accepted = Number(status.counts.accepted);
  if (card.accepted !== null && elapsed > 0 && accepted >= card.accepted) {
    card.plot.rates.push((accepted - card.accepted) / elapsed);
    if (card.plot.rates.length > SAMPLES) card.plot.rates.shift();
    card.plot.draw();
  }
  card.accepted = accepted;
  showLast(card, change, now);
}

function showListeners(answer, now, elapsed) {
  const configured = new Map(answer.config.listeners.map((listener) => [listener.name, listener]));
  const shown = answer.status.listeners.filter((status) => configured.has(status.name));
  for (const [name, card] of cards) {
    if (!shown.some((status) => status.name === name)) {
      card.root.remove();
      cards.delete(name);
    }
  }
  shown.forEach((status, i) => {
    if (!cards.has(status.name)) cards.set(status.name, makeCard(status.name));
    const card = cards.get(status.name);
    const place = byId("listeners").children[i];
    if (place !== card.root) byId("listeners").insertBefore(card.root, place ?? null);
    showListener(card, status, configured.get(status.name), answer.lastChanges[status.name], now, elapsed);
  });
  byId("none").hidden = shown.length > 0;
}

// Rows of `list`, made anew only when `key` has changed.
function showOnce(element, key, rows) {
  if (element.dataset.key === key) return;
  element.dataset.key = key;
  element.replaceChildren(...rows());
}

function showServer(answer, now) {
  const status = answer.status;
  const verdict = answer.ready ? ["ready", "good"] : ["not ready", "bad"];
  setText(byId("verdict"), verdict[0]);
  setClass(byId("verdict"), `badge ${verdict[1]}`);
  const facts = [
    ["server", status.serverId], ["version", status.version],
    ["up", span((now - Date.parse(status.startTime)) / 1000)], ["revision", status.revision.number],
  ];
  if (status.configFile) {
    facts.push(["config file", status.configFile.path +
      (status.configFile.changedSince ? ` (changed since revision ${status.configFile.revision})` : "")]);
  }
  showOnce(byId("server"), JSON.stringify(facts),
    () => facts.map(([name, value]) => make("div", "", make("dt", "", name), make("dd", "", value))));
  showOnce(byId("warnings"), JSON.stringify(status.warnings),
    () => status.warnings.map((warning) => make("li", "", warning)));
  showOnce(byId("history"), JSON.stringify(answer.revisions), () => answer.revisions.map((revision) =>
    make("tr", "", make("td", "number", revision.number), make("td", "", clock(revision.time)),
      make("td", "", revision.author), make("td", "", revision.action), make("td", "", revision.comment))));
  document.title = `${answer.ready ? "" : "✗ "}Greeter · ${status.serverId}`;
}

function show(answer) {
  const now = Date.parse(answer.time);
  if (answer.status.serverId !== serverId) {
    // Counts of a new start begin at 0.
    for (const card of cards.values()) card.accepted = null;
    serverId = answer.status.serverId;
  }
  showServer(answer, now);
  showListeners(answer, now, lastAnswer === null ? 0 : (now - lastAnswer.now) / 1000);
  lastAnswer = { now, at: Date.now() };
}

function showGone(reason) {
  const since = lastAnswer === null ? "" : ` What you see is from ${clock(lastAnswer.at)}.`;
  setText(byId("gone"), `greeterd does not answer (${reason}).${since} Trying again every second.`);
  byId("gone").hidden = false;
  document.body.classList.add("stale");
  document.title = "✗ Greeter · gone";
}

async function poll() {
  let reason = "it may have been stopped, or the network be down";
  try {
    const response = await fetch("/status.json", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (response.ok) {
      show(await response.json());
      byId("gone").hidden = true;
      document.body.classList.remove("stale");
      return;
    }
    reason = `${response.status} ${response.statusText}`;
  } catch (error) {
    if (error.name === "TimeoutError") reason = `nothing for ${PATIENCE_MS / 1000} s`;
  }
  showGone(reason);
}

async function run() {
  for (;;) {
    const begin = performance.now();
    await poll();
    await new Promise((resume) => setTimeout(resume, Math.max(0, INTERVAL_MS - (performance.now() - begin))));
  }
}

run();
