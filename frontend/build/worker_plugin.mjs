/** esbuild's plugin behind `import source from "worker-source"`: the worker as the text of one script. */
import { build } from "esbuild";

export function workerPlugin() {
  return {
    name: "worker-source",
    setup({ onResolve, onLoad, initialOptions }) {
      onResolve({ filter: /^worker-source$/ }, () => ({ path: "worker", namespace: "worker-source" }));
      onLoad({ filter: /.*/, namespace: "worker-source" }, async () => {
        const { outputFiles } = await build({
          absWorkingDir: initialOptions.absWorkingDir,
          entryPoints: ["src/engine/worker_entry.ts"],
          bundle: true,
          write: false,
          minify: true,
          format: "iife",
          target: "es2022",
          charset: "utf8",
        });
        return { contents: outputFiles[0].text, loader: "text" };
      });
    },
  };
}
