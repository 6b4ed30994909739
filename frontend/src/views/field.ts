/** The frame of a control: its name, its lock, and the line that says why a value can't be had. */
import { type View, h, merge, setAttribute, setText, uid } from "./dom";
import { icon } from "./icons";
import { t } from "../words";

/** Whether a control can be used, and if not, why. */
export interface Availability {
  disabled: boolean;
  /** Shown under the control: why it, or a value of it, can't be had. */
  reason: string | null;
  /** Set by a teacher: shown, not to be changed. */
  locked: boolean;
  hidden: boolean;
}

export type Role = "input" | "kernel" | "output" | "gradient";

export interface FieldOptions {
  label: string;
  /** The name is said to screen readers only. */
  hideLabel?: boolean;
  /** A standing remark under the control. */
  note?: string;
  /** Tints the control in the colour of its role. */
  role?: Role;
}

export interface Field extends Omit<View<Availability>, "destroy"> {
  readonly labelId: string;
  readonly noteId: string;
  readonly body: HTMLElement;
  readonly props: Availability;
  /** True while the control answers to the learner. */
  usable(): boolean;
  /** A passing message in the place of the reason; null brings the reason back. */
  complain(text: string | null, kind?: "error" | "info"): void;
}

export function field(kind: string, options: FieldOptions, target: string | null, ...body: HTMLElement[]): Field {
  const labelId = uid("label");
  const noteId = uid("note");
  const lock = h(
    "span",
    { class: "cw-lock", role: "img", "aria-label": t("control.locked"), title: t("control.locked"), hidden: true },
    icon("lock"),
  );
  const label = h(
    target === null ? "span" : "label",
    { class: options.hideLabel ? "cw-field-label cw-spoken" : "cw-field-label", id: labelId, ...(target !== null && { for: target }) },
    options.label,
  );
  const head = h("div", { class: "cw-field-head" }, label, lock);
  const note = h("div", { class: "cw-field-note", id: noteId });
  const bodyEl = h("div", { class: "cw-field-body" }, ...body);
  const el = h(
    "div",
    { class: `cw-field cw-field-${kind}`, "data-role": options.role, "data-bare": options.hideLabel },
    h("div", { class: "cw-field-box" }, head, bodyEl, note),
  );
  const props: Availability = { disabled: false, reason: null, locked: false, hidden: false };
  let complaint: { text: string; kind: "error" | "info" } | null = null;

  const showNote = () => {
    const text = complaint?.text ?? props.reason ?? options.note ?? "";
    // Complaints are spoken; limits that shift while a slider is dragged are not.
    setAttribute(note, "aria-live", complaint === null ? "off" : "polite");
    setText(note, text);
    setAttribute(note, "data-kind", complaint?.kind ?? "info");
    setAttribute(note, "title", text || null);
  };
  showNote();

  return {
    el,
    labelId,
    noteId,
    body: bodyEl,
    props,
    usable: () => !props.disabled && !props.locked,
    update(patch) {
      merge(props, patch);
      lock.hidden = !props.locked;
      el.hidden = props.hidden;
      setAttribute(el, "data-disabled", props.disabled && !props.locked);
      setAttribute(el, "data-locked", props.locked);
      showNote();
    },
    complain(text, kind = "error") {
      complaint = text === null ? null : { text, kind };
      showNote();
    },
  };
}

/** The keys of `Availability` in a patch of a control's properties. */
export function availabilityOf(patch: Partial<Availability>): Partial<Availability> {
  const { disabled, reason, locked, hidden } = patch;
  return {
    ...(disabled !== undefined && { disabled }),
    ...(reason !== undefined && { reason }),
    ...(locked !== undefined && { locked }),
    ...(hidden !== undefined && { hidden }),
  };
}
