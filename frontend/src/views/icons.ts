import { svg } from "./dom";

/** Line drawings on a 16 × 16 field, drawn in the colour of the text around them. */
const lines = {
  add: "M8 3.5v9M3.5 8h9",
  back: "M10 3.5 5.5 8l4.5 4.5",
  bin: "M3 4.5h10M6.3 4.3V2.7h3.4v1.6M4.3 4.7l.6 8.8h6.2l.6-8.8M6.8 7v4M9.2 7v4",
  brush: "M13 2.5 7.2 8.8M6.4 8.2c1.2.2 2 1 2.1 2.2-.3 2-2.6 3.3-5.5 2.9 1-.8.9-1.7 1.2-3 .3-1.2 1.1-2 2.2-2.1Z",
  camera: "M2.5 5h2.3l1.2-1.8h4L11.2 5h2.3v7.8h-11ZM8 6.5a2.2 2.2 0 1 0 0 4.4 2.2 2.2 0 0 0 0-4.4Z",
  check: "m3.5 8.5 3 3 6-7",
  chevron: "m4.5 6.5 3.5 3.5 3.5-3.5",
  close: "m4 4 8 8M12 4l-8 8",
  copy: "M5.5 5.5h7v8h-7ZM10.5 5.5v-3h-7v8h2",
  down: "M8 3v10M4.5 9.5 8 13l3.5-3.5",
  download: "M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.3h10",
  eraser: "m8.5 3 4.5 4.5-5.5 5.5h-3L2.5 11ZM5.5 6l4.5 4.5M7 13.5h6",
  error: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2ZM8 5v3.6M8 10.8v.2",
  grid: "M2.5 2.5h11v11h-11ZM2.5 6.2h11M2.5 9.8h11M6.2 2.5v11M9.8 2.5v11",
  image: "M2.5 3.5h11v9h-11ZM2.5 10.5l3-3 3 3 2-2 3 3M10.5 6.2v.1",
  info: "M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2ZM8 7.4V11M8 5v.2",
  keep: "M5 2.5h6v11l-3-2.6-3 2.6Z",
  lock: "M4 7.5h8v6H4ZM5.7 7.5V5.2a2.3 2.3 0 0 1 4.6 0v2.3",
  open: "M2.5 12.5v-9h4l1.3 1.8h5.7v7.2Z",
  paste: "M5.5 3.5h-2v10h9v-10h-2M5.5 2.5h5v2.3h-5Z",
  present: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  question: "M5.6 5.8a2.4 2.4 0 1 1 3.5 2.1c-.8.5-1.1.9-1.1 1.8M8 12.2v.2",
  redo: "M12.8 6.5H6a3.3 3.3 0 0 0 0 6.6h3M10 3.6l2.9 2.9L10 9.4",
  reset: "M3 3v3.5h3.5M3.3 6.5A5.2 5.2 0 1 1 2.9 9",
  share: "M8 10V2.5M5 5.3 8 2.4l3 2.9M4.5 8H3v5.5h10V8h-1.5",
  step: "M6 3.5 10.5 8 6 12.5",
  undo: "M3.2 6.5H10a3.3 3.3 0 0 1 0 6.6H7M6 3.6 3.1 6.5 6 9.4",
  up: "M8 13V3M4.5 6.5 8 3l3.5 3.5",
  upload: "M8 10.5V3M4.8 6.1 8 2.9l3.2 3.2M3 13.3h10",
} as const;

const solids = {
  grip: "M5.5 2.5h1.6v1.6H5.5ZM9 2.5h1.6v1.6H9ZM5.5 7.2h1.6v1.6H5.5ZM9 7.2h1.6v1.6H9ZM5.5 11.9h1.6v1.6H5.5ZM9 11.9h1.6v1.6H9Z",
  more: "M3.5 6.7a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6ZM8 6.7a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6ZM12.5 6.7a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6Z",
  pause: "M4.2 3h2.6v10H4.2ZM9.2 3h2.6v10H9.2Z",
  play: "M4.5 2.8v10.4L13 8Z",
} as const;

export type IconName = keyof typeof lines | keyof typeof solids;

/** A small drawing beside or in the place of a word; the word itself is the name for a screen reader. */
export function icon(name: IconName): SVGSVGElement {
  const solid = name in solids;
  const d = solid ? solids[name as keyof typeof solids] : lines[name as keyof typeof lines];
  return svg(
    "svg",
    { class: solid ? "cw-icon cw-icon-solid" : "cw-icon", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
    svg("path", { d }),
  );
}
