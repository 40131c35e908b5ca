// What people see of a greeterd: the status page in a real browser, with the real programs.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import path from "node:path";
import { writeFile } from "node:fs/promises";

const { GREETERD, GREETERCTL, PAGE_BUILD } = process.env;
const { chromium } = createRequire(path.join(PAGE_BUILD, "/"))("playwright-core");

const PATIENCE = 30_000;
// A message that is changed is to be seen within this.
const SOON = 2_000;

// A greeterd on ports that the kernel chose; its HTTP port may be that of an earlier one.
async function startGreeter(http = "127.0.0.1:0", ...options) {
  const data = options.includes("--config") ? [] : ["--listen", "127.0.0.1:0"];
  const daemon = spawn(GREETERD, [...data, "--admin", "127.0.0.1:0", "--state-dir", "none", "--http", http,
    "--log-level", "warning", ...options], { stdio: ["ignore", "pipe", "inherit"], env: { PATH: process.env.PATH } });
  let said = "";
  for await (const text of daemon.stdout) {
    said += text;
    if (said.includes("; try: greeterctl")) break;
  }
  const find = (pattern) => said.match(pattern)?.[1] ?? assert.fail(`greeterd did not start: ${said}`);
  const admin = find(/admin service on (\S+);/);
  return {
    url: find(/status page on (http:\S+),/),
    address: find(/serves on (\S+)/),
    ctl: (...command) => execFileSync(GREETERCTL, ["--server", admin, ...command], { encoding: "utf8" }),
    async stop() {
      const ended = once(daemon, "exit");
      daemon.kill("SIGTERM");
      await ended;
    },
  };
}

const tests = {
  async "a message changed by greeterctl is seen within two seconds"({ page, greeter }) {
    const message = "Back at 14:00 UTC.";
    greeter.ctl("message", "set", message, "--ending", "crlf");
    const begin = performance.now();
    await page.getByText(message).waitFor({ timeout: PATIENCE });
    const took = Math.round(performance.now() - begin);
    console.log(`  after ${took} ms`);
    assert.ok(took < SOON);
    await page.locator("#history").getByText("set message of default").first().waitFor();
    // The same time as in greeterctl's history and in the log, wherever the browser is.
    const [revision] = JSON.parse(greeter.ctl("history", "-o", "json")).revisions;
    const time = `${revision.time.slice(0, 19).replace("T", " ")} UTC`;
    await page.locator("#history").getByText(time).first().waitFor({ timeout: PATIENCE });
  },

  async "markup in a message is text"({ page, greeter }) {
    const message = '<script>window.fooled = 1</script><img src=x onerror="window.fooled = 1">';
    greeter.ctl("message", "set", message, "--comment", "<b>why</b>");
    await page.getByText(message).waitFor({ timeout: PATIENCE });
    await page.getByText("<b>why</b>").first().waitFor();
    assert.equal(await page.evaluate(() => window.fooled), undefined);
    assert.equal(await page.locator("article img, article script, td b").count(), 0);
  },

  async "stopping and starting show"({ page, greeter }) {
    greeter.ctl("stop");
    await page.locator(".title .badge", { hasText: "stopped" }).waitFor({ timeout: PATIENCE });
    await page.locator("#verdict", { hasText: "not ready" }).waitFor({ timeout: PATIENCE });
    greeter.ctl("start");
    await page.locator(".title .badge", { hasText: "listening" }).waitFor({ timeout: PATIENCE });
  },

  async "what stays the same is not drawn anew"({ page }) {
    const kept = await page.evaluate(async () => {
      const parts = ["article", "article .message", "#history tr", "#server div"];
      const before = parts.map((part) => document.querySelector(part));
      const texts = [];
      new MutationObserver((changes) => texts.push(...changes)).observe(document.querySelector(".message"),
        { childList: true, characterData: true, subtree: true });
      const begin = performance.now();
      await new Promise((resume) => {
        const wait = () => (performance.now() - begin > 2500 ? resume() : requestAnimationFrame(wait));
        wait();
      });
      return { same: parts.slice(0, 3).every((part, i) => document.querySelector(part) === before[i]), changes: texts.length };
    });
    assert.deepEqual(kept, { same: true, changes: 0 });
  },

  async "it says so when greeterd is gone, and recovers"({ page, greeter, replace }) {
    await greeter.stop();
    await page.getByText("greeterd does not answer").waitFor({ timeout: PATIENCE });
    await page.screenshot({ path: path.join(PAGE_BUILD, "gone.png") });
    const next = await startGreeter(greeter.url.slice("http://".length, -1), "--message", "I am back");
    replace(next);
    await page.getByText("I am back").waitFor({ timeout: PATIENCE });
    await page.getByText("greeterd does not answer").waitFor({ state: "hidden", timeout: PATIENCE });
  },

  async "nothing is fetched from elsewhere, and the policy is kept"({ requested, complaints, greeter }) {
    assert.deepEqual([...requested].filter((url) => !url.startsWith(greeter.url) && !url.startsWith("data:")), []);
    assert.deepEqual(complaints, []);
  },
};

// Something to look at: several listeners in every state, and clients.
async function screenshots(browser) {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const listener = (name, greeting, more = {}) => ({ name, address: "127.0.0.1:0", greeting, ...more });
  const config = path.join(PAGE_BUILD, "shown.json");
  await writeFile(config, JSON.stringify({
    listeners: [
      listener("default", { text: "Down for maintenance until 14:00 UTC.\nWe are sorry.", ending: "ENDING_CRLF" }),
      listener("canary", { text: "${hostname} greets ${remote_addr}", ending: "ENDING_LF", template: true }),
      listener("banner", { raw: Buffer.from("\xff\xfb\x01login: <b>you</b>\x00", "latin1").toString("base64") },
        { limits: { acceptRate: 5, overflow: "OVERFLOW_REJECT" } }),
      listener("spare", { text: "Not yet" }, { enabled: false }),
      listener("taken", { text: "Hello world" }, { address: `127.0.0.1:${taken.address().port}` }),
    ],
  }));
  const greeter = await startGreeter("127.0.0.1:0", "--label", "site=berlin", "--config", config);
  greeter.ctl("message", "set", "-l", "canary", "${hostname} greets ${remote_addr} on ${label.site}", "--template",
    "--ending", "lf", "--comment", "says where");
  const pages = [];
  for (const [name, colorScheme, width, height] of [["wide", "light", 1360, 1000], ["dark", "dark", 1360, 1000], ["phone", "light", 390, 844]]) {
    const page = await browser.newPage({ colorScheme, viewport: { width, height }, deviceScaleFactor: name === "phone" ? 2 : 1 });
    await page.goto(greeter.url);
    pages.push([name, page]);
  }
  // Clients in waves, until the plots have something to show.
  const status = JSON.parse(greeter.ctl("-o", "json", "status"));
  const ports = status.status.listeners.filter((each) => each.boundAddress).map((each) => Number(each.boundAddress.split(":").pop()));
  const greet = async (port) => {
    const socket = connect(port, "127.0.0.1").resume().on("error", () => {});
    await once(socket, "close");
  };
  for (let second = 0; second < 6; ++second) {
    const until = performance.now() + 1000;
    let left = 20 + 60 * Math.abs(Math.sin(second / 2)) + 20 * Math.random();
    while (performance.now() < until) {
      if (left-- > 0) await Promise.all(ports.map((port, i) => (left % (i + 1) < 1 ? greet(port) : null)));
      else await new Promise((resume) => setTimeout(resume, Math.max(0, until - performance.now())));
    }
  }
  for (const [name, page] of pages) {
    await page.screenshot({ path: path.join(PAGE_BUILD, `${name}.png`), fullPage: true });
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(overflow <= 0, `${name} is ${overflow} pixels too wide`);
    await page.close();
  }
  taken.close();
  await greeter.stop();
}

const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let failed = 0;
let greeter = await startGreeter();
try {
  const page = await browser.newPage({ timezoneId: "Asia/Kolkata" });
  const requested = new Set();
  const complaints = [];
  page.on("request", (request) => requested.add(request.url()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // That greeterd was gone for a while is no complaint.
    if (message.type() === "error" && !message.text().includes("ERR_CONNECTION")) complaints.push(message.text());
  });
  await page.goto(greeter.url);
  await page.getByText("Hello world").waitFor({ timeout: PATIENCE });
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test({ page, greeter, requested, complaints, replace: (next) => { greeter = next; } });
      console.log(`ok: ${name}`);
    } catch (error) {
      ++failed;
      console.log(`FAILED: ${name}\n${error.stack}`);
    }
  }
  await screenshots(browser);
} finally {
  await browser.close();
  await greeter.stop();
}
process.exit(failed > 0 ? 1 : 0);
