// Checks built pages as other tools see them: `node check.js SITE …`; each finding is a line, and none is expected.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { HtmlValidate } from "html-validate";
import { lint } from "markdownlint/sync";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";
const LOOKS = [["light", 1280], ["dark", 1280], ["light", 390], ["dark", 390]];
const RULES = {
  extends: ["html-validate:recommended"],
  rules: {
    "no-inline-style": "error",
    "doctype-style": "off", // HTML takes it in any case
    "valid-id": ["error", { relaxed: true }], // dots part the filters of an address
    "long-title": "off", // a product's own name is in it
    "no-trailing-whitespace": "off", // texts of testers end as they end
    "no-raw-characters": ["error", { relaxed: true }],
    "void-style": "off", // SVG closes its empty elements
    "require-sri": "off", // scripts and styles lie beside the page
    "prefer-native-element": "off", // role=region of a table that scrolls has a name and takes the focus
    "no-redundant-role": "error",
    "text-content": "off", // a link's text may be a tester's, whatever it holds
    "tel-non-breaking": "off", // numbers of bugs are no telephone numbers
    "wcag/h30": "off", // axe looks at the same, with what styles do
  },
};
const MARKDOWN = {
  default: true,
  MD013: false, // paragraphs are one line: chats and wikis wrap them
  MD060: false, // tables are written compactly
};

const findings = [];
const say = (tool, path, text) => findings.push(`${tool}: ${path}: ${text}`);
let site, files, pages;

function look(at) {
  site = resolve(at);
  files = readdirSync(site, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => relative(site, join(one.parentPath, one.name)).split(sep).join("/"))
    .sort();
  pages = files.filter((path) => path.endsWith(".html"));
}
const text = (path) => readFileSync(join(site, path), "utf8");

function vnu() {
  const jar = join(dirname(require.resolve("vnu-jar/package.json")), "build/dist/vnu.jar");
  const options = ["-Xss8m", "-jar", jar, "--errors-only", "--format", "json", "--exit-zero-always"];
  const told = execFileSync("java", [...options, ...pages.map((path) => join(site, path))],
    { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
  for (const one of JSON.parse(told || '{"messages":[]}').messages) say("vnu", one.url, one.message);
}

function htmlValidate() {
  const checker = new HtmlValidate({ root: true, ...RULES });
  for (const path of pages) {
    const report = checker.validateStringSync(text(path), path);
    for (const one of report.results.flatMap((result) => result.messages)) {
      say("html-validate", `${path}:${one.line}`, `${one.ruleId}: ${one.message}`);
    }
  }
}

function markdown() {
  const strings = Object.fromEntries(
    files.filter((path) => path.endsWith(".md")).map((path) => [path, text(path)]));
  const briefs = (path) => path.endsWith("brief.md"); // lines of a chat, no document
  for (const [path, found] of Object.entries(lint({ strings, config: MARKDOWN }))) {
    for (const one of found) {
      if (!(briefs(path) && one.ruleNames[0] === "MD041")) say("markdownlint", `${path}:${one.lineNumber}`, one.ruleNames.join("/"));
    }
  }
}

function links() {
  const known = new Set(files);
  const ids = new Map(pages.map((path) => [path, new Set([...text(path).matchAll(/\sid="([^"]*)"/g)].map((one) => one[1]))]));
  for (const path of pages) {
    for (const [, link] of text(path).matchAll(/\s(?:href|src)="([^"]*)"/g)) {
      if (/^https?:/.test(link)) continue;
      const [place, fragment] = link.replaceAll("&amp;", "&").split("#");
      const target = place ? posix.normalize(posix.join(posix.dirname(path), decodeURI(place))) : path;
      if (!known.has(target)) say("links", path, `${link} leads nowhere`);
      else if (fragment && ids.has(target) && !ids.get(target).has(fragment)) say("links", path, `${link}: no such place`);
    }
  }
}

/** One page of each kind, whatever the products are called. */
function kinds() {
  const seen = new Map();
  for (const path of pages) {
    if (text(path).includes('http-equiv="refresh"')) continue;
    const kind = path.replace(/^products\/[^/]+\//, "products/").replace(/\d+/g, "0").replace(/^products\/[a-z0-9-]+\//, "products/period/");
    if (!seen.has(kind)) seen.set(kind, path);
  }
  return [...seen.values()];
}

async function axe() {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing; name another one by CHROMIUM`);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  const source = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  for (const [colorScheme, width] of LOOKS) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
    for (const path of kinds()) {
      const page = await context.newPage();
      await page.goto(pathToFileURL(join(site, path)).href);
      await page.evaluate(source);
      const { violations } = await page.evaluate((only) => globalThis.axe.run({ runOnly: only }), tags);
      for (const one of violations) {
        say("axe", `${path} (${colorScheme}, ${width} px)`, `${one.id}: ${one.nodes.slice(0, 2).map((node) => node.html.slice(0, 120)).join(" | ")}`);
      }
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) say("width", `${path} (${colorScheme}, ${width} px)`, `${wide} px too wide`);
      await page.close();
    }
    await context.close();
  }
  await browser.close();
}

for (const at of process.argv.slice(2)) {
  look(at);
  for (const check of [vnu, htmlValidate, markdown, links, axe]) {
    const before = findings.length;
    await check();
    console.log(`${at}, ${pages.length} pages, ${check.name}: ${findings.length - before} findings`);
  }
}
for (const one of findings.slice(0, 300)) console.error(one);
process.exitCode = findings.length ? 1 : 0;
