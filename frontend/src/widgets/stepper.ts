export interface StepperOptions {
  count(): number;
  index(): number;
  /** The exponent of the speed: 2 to this power, in cells a second. */
  speed(): number;
  /** Shows a position; `playing` is false on the last one. */
  show(index: number, playing: boolean): void;
  onPlaying(playing: boolean): void;
}

/** Moves a position through all cells in reading order, by frames while it plays. */
export class Stepper {
  readonly #options: StepperOptions;
  #frame = 0;
  #time = 0;
  #at = 0;

  constructor(options: StepperOptions) {
    this.#options = options;
  }

  get playing(): boolean {
    return this.#frame !== 0;
  }

  play(): void {
    if (this.playing) return;
    const { count, index, onPlaying } = this.#options;
    this.#at = index() >= count() - 1 ? -1 : index();
    this.#time = performance.now();
    this.#frame = requestAnimationFrame(this.#advance);
    onPlaying(true);
  }

  pause(): void {
    if (!this.playing) return;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#options.show(this.#options.index(), false);
    this.#options.onPlaying(false);
  }

  toggle(): void {
    if (this.playing) this.pause();
    else this.play();
  }

  /** Goes to a cell and stays there. */
  seek(index: number): void {
    this.pause();
    const last = this.#options.count() - 1;
    this.#options.show(Math.min(Math.max(index, 0), last), false);
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  readonly #advance = (now: number): void => {
    const { count, speed, show, onPlaying } = this.#options;
    const last = count() - 1;
    const rate = 2 ** speed();
    this.#at = Math.min(this.#at + (Math.min(now - this.#time, 100) * rate) / 1000, last);
    this.#time = now;
    const ended = this.#at >= last;
    this.#frame = ended ? 0 : requestAnimationFrame(this.#advance);
    show(Math.max(0, Math.floor(this.#at)), !ended);
    if (ended) onPlaying(false);
  };
}
