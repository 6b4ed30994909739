import type { Message, Model } from "../hosts/model";

export interface Answer {
  message: Message;
  buffers: DataView[];
}

/** Requests over the comm and their answers, matched by a sequence number. */
export class KernelLink {
  readonly #model: Model;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #receive: (message: Message, buffers: DataView[]) => void;
  /** The last request's time from question to answer in milliseconds, late ones included. */
  roundTrip = 0;
  #seq = Math.floor(Math.random() * 1e9);
  /** False in a page that never had a kernel, and once the kernel is gone. */
  available: boolean;

  /** `onRefusal` hears what the kernel refuses without being asked: a state that breaks a rule. */
  constructor(model: Model, onRefusal: (message: string) => void) {
    this.#model = model;
    this.available = model.get("host") !== "page";
    this.#receive = (message, buffers) => {
      if (message.type === "error" && message["seq"] === undefined) onRefusal(String(message["message"]));
      const settle = this.#waiting.get(Number(message["seq"]));
      if (!settle) return;
      this.#waiting.delete(Number(message["seq"]));
      settle({ message, buffers: buffers ?? [] });
    };
    model.on("msg:custom", this.#receive as never);
  }

  /** The answer to one request; null when there is none in time or no kernel at all. */
  ask(
    content: Message,
    { buffers = [], timeout }: { buffers?: ArrayBuffer[]; timeout: number },
  ): Promise<Answer | null> {
    const seq = ++this.#seq;
    const asked = performance.now();
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(null), timeout);
      this.#waiting.set(seq, (answer) => {
        clearTimeout(timer);
        this.roundTrip = performance.now() - asked;
        resolve(answer.message.type === "unavailable" ? null : answer);
      });
      if (!this.#send({ ...content, seq }, buffers)) {
        this.#waiting.delete(seq);
        clearTimeout(timer);
        resolve(null);
      }
    });
  }

  /** A message that needs no answer. */
  tell(content: Message, buffers: ArrayBuffer[] = []): void {
    this.#send(content, buffers);
  }

  #send(content: object, buffers: ArrayBuffer[]): boolean {
    try {
      this.#model.send(content, undefined, buffers);
      return true;
    } catch {
      // The host's word for a comm whose kernel has gone.
      this.available = false;
      return false;
    }
  }

  dispose(): void {
    this.#model.off("msg:custom", this.#receive as never);
    this.#waiting.clear();
  }
}

/** A float32 array from a binary part, which may start anywhere in its buffer. */
export function floats(view: DataView): Float32Array {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return new Float32Array(bytes.slice().buffer);
}
