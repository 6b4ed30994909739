/** The kernels' WebAssembly, compiled once for the page and its workers. */
import { type PageEngine, createEngine } from "./engine";
import { KERNELS_WASM } from "./generated/kernels.wasm.base64";

/** The page does not let WebAssembly run. */
export class EngineRefused extends Error {
  override name = "EngineRefused";
}

let compiled: Promise<WebAssembly.Module> | null = null;
let shared: Promise<PageEngine> | null = null;

/** The page's one engine; rejects with EngineRefused where WebAssembly is not allowed. */
export function loadEngine(): Promise<PageEngine> {
  return (shared ??= compileKernels().then(createEngine));
}

export function compileKernels(): Promise<WebAssembly.Module> {
  return (compiled ??= compile());
}

async function compile(): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(Uint8Array.from(atob(KERNELS_WASM), (letter) => letter.charCodeAt(0)));
  } catch (error) {
    throw new EngineRefused(
      "This page does not let WebAssembly run: its content security policy needs " +
        `"script-src 'wasm-unsafe-eval'". (${String(error)})`,
    );
  }
}
