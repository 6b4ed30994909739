/** What decides how a widget is shown; the same keys in every widget. */
export interface ViewSettings {
  /** The exponent of the player's speed. */
  speed: number;
  view: "explore" | "step" | "code";
  engine: "auto" | "page" | "kernel";
  /** The question that a learner answers before the page does; empty for none. */
  predict: string;
  /** The settings of a result that was kept for comparison. */
  kept: object | null;
  hidden: string[];
  locked: string[];
  present: boolean;
}

export const VIEW_DEFAULTS: ViewSettings = {
  speed: 4,
  view: "explore",
  engine: "auto",
  predict: "",
  kept: null,
  hidden: [],
  locked: [],
  present: false,
};

export type Display = "auto" | "signed" | "grey" | "clip" | "abs" | "offset";

/** The further keys of the widgets that compute on a picture. */
export interface PictureViewSettings extends ViewSettings {
  display: Display;
  unit_range: boolean;
  position: [number, number] | null;
  pinned: boolean;
  pictures: string[];
}

export const PICTURE_VIEW_DEFAULTS: PictureViewSettings = {
  ...VIEW_DEFAULTS,
  display: "auto",
  unit_range: false,
  position: null,
  pinned: false,
  pictures: [],
};
