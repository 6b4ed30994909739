/**
 * The page's engine against the same loops in plain JavaScript, in one thread of V8, and against
 * the native engine in one thread of a Python process.
 *
 *   node benchmarks/page_engine.mjs
 *
 * Each round runs each once and then times three calls, so that a change of the machine's pace
 * meets all; medians and 95th percentiles of the calls, in milliseconds. "engine" is the WebAssembly
 * with its copies in and out, "path" the way that it takes, "move" all that one move of a slider
 * computes. `PYTHON` names another interpreter than `python`; with none that has the package, the
 * native columns are missing.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROUNDS = 15;
/** What `peers.py` makes at least. */
const CALLS = 3;
const CASES = [
  { size: 128, kernel: 3 },
  { size: 256, kernel: 3 },
  { size: 256, kernel: 7 },
  { size: 512, kernel: 3 },
  { size: 512, kernel: 7 },
  { size: 512, kernel: 15 },
  { size: 512, kernel: 31 },
  { size: 1024, kernel: 3 },
  { size: 1024, kernel: 7 },
  { size: 512, kernel: 7, stride: 2 },
  { size: 512, kernel: 7, dilation: 4 },
];

/** For a picture of 512²: at most so many times native's time, at least so many times JavaScript's pace. */
const GOALS = [
  { kernel: 3, native: 4, javaScript: 25 },
  { kernel: 7, native: 6, javaScript: 25 },
];

const { loadEngine, run } = await pageCode();
const engine = await loadEngine();
const native = await nativeEngine();
const ratios = new Map();
print(["", "path", "engine", "p95", "move", "p95", "JavaScript", "p95", "ratio", "native", "p95", "of native"]);
for (const { size, kernel, stride = 1, dilation = 1 } of CASES) {
  const pad = dilation * (kernel >> 1);
  const image = { data: noise(size * size), channels: 1, height: size, width: size };
  const weights = { data: noise(kernel * kernel), filters: 1, channels: 1, height: kernel, width: kernel };
  const options = {
    stride: [stride, stride],
    pad: [pad, pad, pad, pad],
    dilation: [dilation, dilation],
    groups: 1,
    paddingMode: "zeros",
  };
  const move = {
    ...{ kind: "convolution", image, channels: "grey", kernel: weights, stride, pad: options.pad, dilation },
    ...{ paddingMode: "zeros", flip: false, bias: 0, activation: "relu" },
    ...{ pooling: "max", poolSize: 2, poolStride: 2 },
  };
  const runs = [
    () => engine.conv2d(image, weights, options).data,
    () => run(engine, move).feature.data,
    () => convolve(image.data, size, weights.data, kernel, stride, pad, dilation),
  ];
  const [, , expected] = runs.map((each) => each());
  for (const each of runs) compare(each(), expected);
  await native?.ask({ prepare: { group: "", name: "", size, kernel, stride, dilation } });
  const times = [...runs, native].map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, each] of runs.entries()) {
      each();
      for (let call = 0; call < CALLS; call++) {
        const start = performance.now();
        each();
        times[i].push(performance.now() - start);
      }
    }
    const answer = await native?.ask({ milliseconds: 0, cadence: false });
    times[3].push(...(answer?.times ?? []));
  }
  const words = [`${size}² ${kernel}×${kernel}`, stride > 1 && `stride ${stride}`, dilation > 1 && `dilation ${dilation}`];
  const name = words.filter(Boolean).join(", ");
  const numbers = times.map((each) => each.sort((a, b) => a - b)).map((each) => [quantile(each, 0.5), quantile(each, 0.95)]);
  const [ours, , javaScript, theirs] = numbers.map(([middle]) => middle);
  ratios.set(name, { javaScript: javaScript / ours, native: ours / theirs });
  const columns = numbers.map((pair) => pair.map((ms) => ms?.toFixed(3) ?? "–"));
  columns.splice(3, 0, [`${(javaScript / ours).toFixed(1)}×`]);
  const { path } = engine.explain(image, weights, options);
  print([name, path, ...columns.flat(), native ? `${(ours / theirs).toFixed(1)}×` : "–"]);
}
for (const { kernel, ...bounds } of GOALS) {
  const name = `512² ${kernel}×${kernel}`;
  const found = ratios.get(name);
  console.log(`${name}: ${verdict(found.javaScript >= bounds.javaScript)} ${bounds.javaScript}× JavaScript's pace`);
  if (native) console.log(`${name}: ${verdict(found.native <= bounds.native)} ${bounds.native}× native's time`);
}
native?.end();

function verdict(reached) {
  return reached ? "reached" : "missed";
}

/** The same sums in JavaScript: row by row, weight by weight. */
function convolve(x, size, w, kernel, stride, pad, dilation) {
  const out = Math.floor((size + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
  const y = new Float32Array(out * out);
  for (let i = 0; i < out; i++) {
    for (let u = 0; u < kernel; u++) {
      const row = i * stride - pad + u * dilation;
      if (row < 0 || row >= size) continue;
      for (let v = 0; v < kernel; v++) {
        const weight = w[u * kernel + v];
        const shift = v * dilation - pad;
        const first = Math.max(0, Math.ceil(-shift / stride));
        const end = Math.min(out, Math.ceil((size - shift) / stride));
        for (let j = first; j < end; j++) y[i * out + j] += weight * x[row * size + j * stride + shift];
      }
    }
  }
  return y;
}

function compare(actual, expected) {
  const wrong = expected.findIndex((value, i) => !(Math.abs(actual[i] - value) < 1e-3));
  if (actual.length !== expected.length || wrong >= 0) throw new Error(`cell ${wrong} differs`);
}

function noise(count) {
  let seed = 1;
  return Float32Array.from({ length: count }, () => (seed = (seed * 16807) % 2147483647) / 2147483647 - 0.5);
}

function quantile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
}

function print([name, ...columns]) {
  console.log(name.padEnd(20) + columns.map((column) => column.padStart(11)).join(""));
}

/** The native engine on one thread, asked line by line; null and a word if there is none. */
async function nativeEngine() {
  const python = process.env.PYTHON ?? "python";
  const cwd = dirname(dirname(fileURLToPath(import.meta.url)));
  const child = spawn(python, ["-m", "benchmarks.peers", "convwidgets", "1"], { cwd, stdio: ["pipe", "pipe", "inherit"] });
  child.on("error", ({ message }) => console.log(message));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async () => {
    const { done, value } = await lines.next();
    return done ? { missing: `${python} has no native engine to compare with` } : JSON.parse(value);
  };
  const { missing } = await answer();
  if (missing) {
    console.log(missing);
    return null;
  }
  const ask = (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    return answer();
  };
  return { ask, end: () => child.stdin.end() };
}

/** The page code, bundled for Node. */
async function pageCode() {
  const frontend = join(dirname(dirname(fileURLToPath(import.meta.url))), "frontend");
  const { build } = createRequire(join(frontend, "package.json"))("esbuild");
  const folder = mkdtempSync(join(frontend, "node_modules", ".benchmark-"));
  try {
    const outfile = join(folder, "engine.mjs");
    const contents = 'export { loadEngine } from "./src/engine/load"; export { run } from "./src/engine/pipeline";';
    await build({ stdin: { contents, resolveDir: frontend }, outfile, bundle: true, format: "esm", target: "node20" });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
