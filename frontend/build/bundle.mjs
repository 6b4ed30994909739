/**
 * Bundles the page code into the folder given as the only argument (convwidgets/static):
 *
 *   loader.js              the module that travels with every widget
 *   convwidgets.js         the page code as a module, sent once a page
 *   convwidgets.classic.js the same as a classic script, for exported pages
 *   convwidgets.css        the style of both
 *   page.js                the script that opens both in an exported page
 *
 * Equal sources give equal bytes: nothing of the time, the folder or the machine goes in.
 */
import { dirname, join, resolve } from "node:path";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { workerPlugin } from "./worker_plugin.mjs";

const frontend = dirname(dirname(fileURLToPath(import.meta.url)));

const OUTPUTS = [
  { source: "src/hosts/loader.ts", output: "loader.js", format: "esm" },
  { source: "src/hosts/anywidget.ts", output: "convwidgets.js", format: "esm" },
  {
    source: "src/hosts/classic.ts",
    output: "convwidgets.classic.js",
    format: "iife",
    globalName: "convwidgets",
  },
  // Understood by browsers that cannot run the rest, so that they can say so.
  { source: "src/hosts/page.ts", output: "page.js", format: "iife", target: "es2017" },
  { source: "src/styles/index.css", output: "convwidgets.css" },
];

async function bundle(folder) {
  await Promise.all(
    OUTPUTS.map(({ source, output, ...options }) =>
      build({
        absWorkingDir: frontend,
        entryPoints: [source],
        outfile: join(folder, output),
        bundle: true,
        minify: true,
        target: "es2022",
        ...options,
        platform: "browser",
        charset: "utf8",
        legalComments: "none",
        plugins: [workerPlugin()],
        logLevel: "warning",
      }),
    ),
  );
}

if (argv.length !== 3) {
  console.error("usage: node build/bundle.mjs FOLDER");
  exit(2);
}
await bundle(resolve(argv[2])).catch(() => exit(1));
