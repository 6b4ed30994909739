import type { PictureDescriptor } from "../widgets/pictures";
import type { Message, MessageHandler, Model } from "./model";
import { inflateBase64 } from "./packed";

/** A picture as an exported page carries it. */
export interface StoredPicture {
  name: string;
  label: string;
  shape: number[];
  dtype: "uint8" | "float32";
  original_shape?: number[];
  /** The pixels, deflated, in base64. */
  data: string;
}

/** What an exported page carries for one widget. */
export interface StaticPayload {
  widget: string;
  state: Record<string, unknown>;
  images: Record<string, StoredPicture>;
  pictures: string[];
}

/**
 * anywidget's model for a page with no kernel: the same six methods over a plain object. It answers
 * requests for pictures that the page carries; every other request is answered as unavailable.
 */
export function staticModel(payload: StaticPayload): Model {
  const values = new Map<string, unknown>(Object.entries(payload.state));
  values.set("widget", payload.widget);
  const carried = Object.values(payload.images).map(({ name }) => name);
  values.set("pictures", [...new Set([...payload.pictures, ...carried])].filter(Boolean));
  values.set("host", "page");
  const listeners = new Map<string, Set<(...args: never[]) => void>>();
  const emit = (event: string, ...args: unknown[]) => {
    for (const callback of [...(listeners.get(event) ?? [])]) {
      (callback as (...args: unknown[]) => void)(...args);
    }
  };
  const answer = (message: Message, buffers: DataView[] = []) => {
    queueMicrotask(() => (emit as (event: string, ...args: Parameters<MessageHandler>) => void)("msg:custom", message, buffers));
  };
  const set = (key: string, value: unknown) => {
    if (Object.is(values.get(key), value)) return;
    values.set(key, value);
    emit(`change:${key}`);
    emit("change");
  };
  const byName = new Map(descriptors(payload).map((descriptor) => [descriptor.name, descriptor]));
  return {
    get: (key) => values.get(key),
    set,
    on: (event, callback) => {
      for (const name of event.split(" ")) {
        const all = listeners.get(name) ?? new Set();
        listeners.set(name, all.add(callback));
      }
    },
    off: (event, callback) => {
      for (const [name, all] of listeners) {
        if (event && !event.split(" ").includes(name)) continue;
        if (callback) all.delete(callback);
        else all.clear();
      }
    },
    save_changes: () => undefined,
    send: (content) => {
      const message = content as Message;
      const picture = payload.images[String(message["id"])];
      if (message.type === "image" && picture) {
        const { data, ...rest } = picture;
        void inflateBase64(data)
          .arrayBuffer()
          .then((pixels) => {
            answer({ type: "image", seq: message["seq"], id: message["id"], ...rest }, [new DataView(pixels)]);
          });
      } else if (message.type === "use_picture" && byName.has(String(message["name"]))) {
        set("image", byName.get(String(message["name"])));
        answer({ type: "done", seq: message["seq"] });
      } else {
        answer({ type: "unavailable", request: message.type, seq: message["seq"] });
      }
    },
  };
}

/** The pictures that a page carries, without their pixels. */
export function descriptors({ images }: StaticPayload): PictureDescriptor[] {
  return Object.entries(images).map(([id, { data: _, ...rest }]) => ({ ...rest, id }));
}
