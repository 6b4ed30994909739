/**
 * Runs the tests of the page code that need no browser: bundles every *.test.ts under tests/ for
 * Node and hands all to Node's own runner. The working folder of a test is frontend/.
 *
 *   npm test                     all
 *   npm test -- geometry         those whose path holds the word
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { argv, execPath, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { workerPlugin } from "./worker_plugin.mjs";

const frontend = dirname(dirname(fileURLToPath(import.meta.url)));

const words = argv.slice(2);
const tests = readdirSync(join(frontend, "tests"), { recursive: true })
  .filter((path) => path.endsWith(".test.ts") && words.every((word) => path.includes(word)))
  .sort()
  .map((path) => join("tests", path));
if (tests.length === 0) {
  console.error(`no test under frontend/tests matches: ${words.join(" ") || "*.test.ts"}`);
  exit(1);
}

// Beside node_modules, so that what stays external to a bundle is found; Node's runner looks for no
// tests inside it.
const folder = mkdtempSync(join(frontend, ".tests-"));
let status = 1;
try {
  const { metafile } = await build({
    absWorkingDir: frontend,
    entryPoints: tests,
    outdir: folder,
    outbase: "tests",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    packages: "external",
    sourcemap: "inline",
    plugins: [workerPlugin()],
    logLevel: "warning",
    metafile: true,
  });
  const bundles = Object.keys(metafile.outputs);
  const options = ["--enable-source-maps", "--test", "--test-reporter=spec"];
  const run = spawnSync(execPath, [...options, ...bundles], { cwd: frontend, stdio: "inherit" });
  status = run.status ?? 1;
} catch {
  // esbuild has said what is wrong.
} finally {
  rmSync(folder, { recursive: true, force: true });
}
exit(status);
