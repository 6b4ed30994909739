/** Work longer than this in a frame waits until the changes pause. */
const CHEAP = 4;
const PAUSE = 50;
const LONGEST_WAIT = 1000;

/**
 * Keeps a costly view out of the frames of a drag: it follows at once while it is cheap, and when
 * the changes pause (or five times a second) while it is not.
 */
export class Deferral {
  #cost = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #since = 0;

  run(work: () => void): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    if (this.#cost <= CHEAP) {
      this.#do(work);
      return;
    }
    if (!this.#since) this.#since = now;
    const wait = Math.max(0, Math.min(PAUSE, this.#since + LONGEST_WAIT - now));
    this.#timer = setTimeout(() => this.#do(work), wait);
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }

  #do(work: () => void): void {
    const start = performance.now();
    work();
    this.#cost = performance.now() - start;
    this.#since = 0;
  }
}
