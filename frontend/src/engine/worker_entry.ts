/** The worker's side: one job after the other, in parts, so that a cancellation is heard. */
import { type FromWorker, type ToWorker, runSliced } from "./sliced";

const running = new Set<number>();
const cancelled = new Set<number>();
const answer = (message: FromWorker, transfer: Transferable[] = []) =>
  (self as unknown as { postMessage(message: FromWorker, transfer: Transferable[]): void }).postMessage(message, transfer);

self.onmessage = async ({ data }: MessageEvent<ToWorker>) => {
  const { id } = data;
  if (data.type === "cancel") {
    if (running.has(id)) cancelled.add(id);
    return;
  }
  running.add(id);
  try {
    const result = await runSliced(
      data.module,
      data.job,
      (fraction) => answer({ type: "progress", id, fraction }),
      () => cancelled.has(id),
    );
    answer({ type: "done", id, result }, buffersOf(result));
  } catch (error) {
    const { name, message } = error as Error;
    answer({ type: "failed", id, name, message });
  } finally {
    running.delete(id);
    cancelled.delete(id);
  }
};

/** The memory of a result's arrays, each once, to be handed over instead of copied. */
function buffersOf(result: object): Transferable[] {
  const buffers = new Set<ArrayBuffer>();
  for (const value of Object.values(result)) {
    if (value instanceof Int32Array) buffers.add(value.buffer as ArrayBuffer);
    else if (value?.data instanceof Float32Array) buffers.add(value.data.buffer);
  }
  return [...buffers];
}
