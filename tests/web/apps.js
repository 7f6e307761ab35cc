// Shows answers in a chat as hosts with MCP Apps do: `node apps.js FOLDER`, where `python -m tests.web.chat_answers`
// has written. The host is the library of the specification, in Chromium; each finding is a line, none is expected.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { rolldown } from "rolldown";

const require = createRequire(import.meta.url);
const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2];
const findings = [];
let checks = 0;
const expect = (true_, text) => {
  checks += 1;
  if (!true_) findings.push(text);
};

const bundle = await (await rolldown({ input: join(here, "host.js"), logLevel: "silent" })).generate({ format: "iife" });
const host = bundle.output[0].code;

/** The policy that a host makes of what a resource asks for. */
function policy(csp) {
  const of = (name) => (csp[name] ?? []).join(" ");
  return [
    "default-src 'none'", `script-src 'self' 'unsafe-inline' ${of("resourceDomains")}`,
    `style-src 'self' 'unsafe-inline' ${of("resourceDomains")}`, `img-src 'self' data: ${of("resourceDomains")}`,
    `connect-src ${of("connectDomains") || "'none'"}`, `frame-src ${of("frameDomains") || "'none'"}`,
    `base-uri ${of("baseUriDomains") || "'self'"}`, "object-src 'none'",
  ].join("; ");
}

async function serving(answer) {
  const server = createServer((request, response) => answer(request, response)).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"],
});
const chat = await serving((_, response) => {
  response.setHeader("content-type", "text/html");
  response.end(`<!doctype html><title>Chat</title><body><script>${host.replaceAll("</script", "<\\/script")}</script></body>`);
});

async function look(name) {
  const { view, csp, answers } = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
  expect(Object.values(csp).every((domains) => domains.length === 0), `${name}: the view asks for other places`);
  const frames = await serving((_, response) => {
    response.setHeader("content-type", "text/html; charset=utf-8");
    response.setHeader("content-security-policy", policy(csp));
    response.end(view);
  });
  for (const [theme, system] of [["light", "dark"], ["dark", "light"]]) {
    const context = await browser.newContext({ colorScheme: system, viewport: { width: 760, height: 900 } });
    const page = await context.newPage();
    const said = [];
    page.on("console", (message) => message.type() === "error" && said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("dialog", (dialog) => { said.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on("request", (request) => {
      if (![chat.origin, frames.origin].includes(new URL(request.url()).origin)) said.push(`asked ${request.url()}`);
    });
    await context.addInitScript(() => {
      globalThis.violations = [];
      document.addEventListener("securitypolicyviolation", (event) => globalThis.violations.push(event.violatedDirective));
    });
    await page.goto(chat.origin);
    await page.evaluate(([address, wanted]) => globalThis.show(address, wanted), [frames.origin, theme]);
    const frame = page.frames()[1];
    const ink = () => frame.evaluate(() => getComputedStyle(document.body).color);
    expect(await ink() === (theme === "dark" ? "rgb(233, 236, 243)" : "rgb(23, 28, 40)"), `${name}: not ${theme} at first`);
    for (const answer of answers) {
      const place = `${name}, ${theme}, ${answer.name} ${JSON.stringify(answer.arguments)}`;
      await page.evaluate((given) => globalThis.give(given), answer);
      const shown = await frame.waitForFunction(() => !document.body.textContent.includes("on its way") && {
        letters: document.querySelector("main").textContent.trim().length,
        heading: document.querySelector("main").textContent,
      }).then((handle) => handle.jsonValue());
      expect(shown.letters > 40 && !shown.heading.includes("The answer is in the text."), `${place}: nothing is shown`);
      if (answer.name === "generate_quality_report") {
        expect(await frame.locator("svg.chart").count() === 2, `${place}: no charts`);
      }
      let told = false; // the height may change once more when the frame has grown and no longer scrolls
      for (let tries = 0; tries < 50 && !told; tries += 1) {
        const height = await frame.evaluate(() => document.documentElement.getBoundingClientRect().height);
        told = Math.abs(await page.evaluate(() => globalThis.seen.sizes.at(-1)) - height) <= 1;
        if (!told) await page.waitForTimeout(100);
      }
      expect(told, `${place}: the host was not told the height`);
      await frame.evaluate(axe);
      const { violations } = await frame.evaluate(() => globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag22aa"] }));
      for (const one of violations) findings.push(`${place}: axe ${one.id}: ${one.nodes[0].html.slice(0, 160)}`);
      const wide = await frame.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(wide <= 0, `${place}: ${wide} px too wide`);
    }
    const turned = theme === "dark" ? "light" : "dark";
    await page.evaluate((wanted) => globalThis.bridge.setHostContext({ theme: wanted }), turned);
    await frame.waitForFunction((color) => getComputedStyle(document.body).color === color,
      turned === "dark" ? "rgb(233, 236, 243)" : "rgb(23, 28, 40)", { timeout: 5000 })
      .catch(() => findings.push(`${name}: did not turn ${turned} with the host`));
    await page.evaluate((given) => globalThis.give(given), answers[0]);
    await frame.waitForSelector("main a[href^='https://']", { state: "attached" });
    const before = await page.evaluate(() => globalThis.seen.sizes.length);
    await frame.locator("main > details:last-of-type > summary").click();
    await page.waitForFunction((number) => globalThis.seen.sizes.length > number, before, { timeout: 5000 })
      .catch(() => findings.push(`${name}: the host was not told that what was folded is open`));
    const link = frame.locator("main a[href^='https://']:visible").first();
    const address = await link.getAttribute("href");
    await link.click();
    await page.waitForFunction(() => globalThis.seen.links.length, null, { timeout: 5000 }).catch(() => {});
    const seen = await page.evaluate(() => globalThis.seen);
    expect(seen.links.join() === address, `${name}: the host was asked to open ${seen.links} for ${address}`);
    expect(seen.initialized === 1, `${name}: initialized ${seen.initialized} times`);
    expect(page.frames()[1].url() === `${frames.origin}/`, `${name}: the view went to ${page.frames()[1].url()}`);
    await page.evaluate(() => globalThis.bridge.teardownResource({}));
    const broken = await frame.evaluate(() => globalThis.violations);
    expect(broken.length === 0, `${name}, ${theme}: the policy was violated: ${broken}`);
    expect(said.length === 0, `${name}, ${theme}: ${said.join(" | ")}`);
    await context.close();
  }
  frames.server.close();
}

for (const name of ["demo", "hostile"]) await look(name);
await browser.close();
chat.server.close();
console.log(`the report in the chat: ${checks} checks, ${findings.length} findings`);
for (const one of findings.slice(0, 60)) console.error(one);
process.exitCode = findings.length ? 1 : 0;
