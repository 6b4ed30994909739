import { h, setAttribute } from "./dom";
import { type IconName, icon } from "./icons";

export interface DropZoneOptions {
  icon: IconName;
  text: string;
  choose: string;
  /** What the file chooser offers, as in an input's `accept`. */
  accept: string;
  onFile(file: File): void;
}

/** A place to drop a file on, with a button that chooses one. */
export function dropZone({ icon: drawing, text, choose, accept, onFile }: DropZoneOptions): HTMLElement {
  const input = h("input", {
    class: "cw-spoken",
    type: "file",
    accept,
    tabindex: -1,
    "aria-hidden": "true",
    onchange: () => {
      const file = input.files?.[0];
      // The same file may be chosen again.
      input.value = "";
      if (file !== undefined) onFile(file);
    },
  });
  let depth = 0;
  const over = (change: number) => {
    depth = Math.max(0, depth + change);
    setAttribute(el, "data-over", depth > 0);
  };
  const el = h(
    "div",
    {
      class: "cw-drop",
      ondragenter: (event) => {
        event.preventDefault();
        over(1);
      },
      ondragleave: () => over(-1),
      ondragover: (event) => event.preventDefault(),
      ondrop: (event) => {
        event.preventDefault();
        event.stopPropagation();
        over(-depth);
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) onFile(file);
      },
    },
    icon(drawing),
    h("p", null, text),
    h("button", { class: "cw-button cw-button-plain", type: "button", onclick: () => input.click() }, choose),
    input,
  );
  return el;
}
