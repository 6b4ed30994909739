/**
 * The page's engine against the same loops in plain JavaScript, in one thread of V8.
 *
 *   node benchmarks/page_engine.mjs
 *
 * Each round runs both once, so that a change of the machine's pace meets both; medians and 95th
 * percentiles of the rounds, in milliseconds. "engine" is the WebAssembly with its copies in and
 * out, "move" all that one move of a slider computes.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const ROUNDS = 25;
const CASES = [
  { size: 128, kernel: 3 },
  { size: 256, kernel: 3 },
  { size: 256, kernel: 7 },
  { size: 512, kernel: 3 },
  { size: 512, kernel: 7 },
  { size: 512, kernel: 15 },
  { size: 1024, kernel: 3 },
  { size: 1024, kernel: 7 },
  { size: 512, kernel: 7, stride: 2 },
  { size: 512, kernel: 7, dilation: 4 },
];

const { loadEngine, run } = await pageCode();
const engine = await loadEngine();
print(["", "engine", "p95", "move", "p95", "JavaScript", "p95", "ratio"]);
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
  const times = runs.map(() => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, each] of runs.entries()) {
      const start = performance.now();
      each();
      times[i].push(performance.now() - start);
    }
  }
  const name = [`${size}² ${kernel}×${kernel}`, stride > 1 && `stride ${stride}`, dilation > 1 && `dilation ${dilation}`];
  const numbers = times.map((each) => each.sort((a, b) => a - b)).map((each) => [quantile(each, 0.5), quantile(each, 0.95)]);
  const ratio = numbers[2][0] / numbers[0][0];
  print([name.filter(Boolean).join(", "), ...numbers.flat().map((ms) => ms.toFixed(2)), `${ratio.toFixed(0)}×`]);
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
