"use strict";

// How the page writes and draws. Everything is set as text, never as markup: a message may hold
// anything.

// How many rates a plot shows: two minutes.
const SAMPLES = 120;

const ENDINGS = { ENDING_LF: "\\n", ENDING_CRLF: "\\r\\n", ENDING_NUL: "\\0" };

// An element with a class and children, which are elements or text.
function make(tag, className, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

// What is the same already is left alone, so that nothing flickers and a selection stays.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function setClass(element, className) {
  if (element.className !== className) element.className = className;
}

const number = (value) => Math.round(value).toLocaleString("en");

function bytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  while (value >= 1000 && unit + 1 < units.length) {
    value /= 1000;
    ++unit;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

function rate(value) {
  return value >= 10 || value === 0 ? number(value) : value.toFixed(1);
}

function span(seconds) {
  for (const [unit, length] of [["d", 86400], ["h", 3600], ["min", 60]]) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${unit}`;
  }
  return `${Math.max(0, Math.floor(seconds))} s`;
}

// As greeterctl and the log have it.
function clock(time) {
  return `${new Date(time).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

// What can't be seen as escapes; line feeds stay, as the message shows them.
function visible(text, invisible) {
  return text.replace(invisible, (character) => ({ "\r": "\\r", "\t": "\\t", "\0": "\\0" })[character] ??
    `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

function greetingText(greeting) {
  if (greeting.raw === undefined) return visible(greeting.text ?? "", /[\x00-\x09\x0b-\x1f\x7f]/g);
  return visible(atob(greeting.raw), /[\x00-\x09\x0b-\x1f\x7f-\xff]/g);
}

function makePlot() {
  const vector = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const area = vector("path", { class: "area" });
  const curve = vector("path", { class: "curve" });
  const image = vector("svg", {
    viewBox: `0 0 ${SAMPLES - 1} 100`, preserveAspectRatio: "none", "aria-hidden": "true",
  });
  image.append(area, curve);
  const now = make("span", "", "–");
  const peak = make("span", "peak");
  return {
    root: make("div", "plot", image, make("span", "now", now, make("small", "", " connections/s")), peak),
    rates: [],
    draw() {
      const most = Math.max(...this.rates, 0);
      const first = SAMPLES - this.rates.length;
      // The upper third is for the figures.
      const points = this.rates.map((value, i) =>
        `${first + i},${(100 - (most > 0 ? value / most : 0) * 64).toFixed(1)}`);
      if (points.length < 2) return;
      curve.setAttribute("d", `M${points.join("L")}`);
      area.setAttribute("d", `M${first},100L${points.join("L")}L${SAMPLES - 1},100Z`);
      setText(now, rate(this.rates[this.rates.length - 1]));
      setText(peak, most > 0 ? `peak ${rate(most)} in ${span(this.rates.length)}` : "");
    },
  };
}
