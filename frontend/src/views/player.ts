import { iconButton } from "./button";
import { type View, h, listen, merge, setAttribute, setText } from "./dom";
import { type Availability, availabilityOf } from "./field";
import { keyedValue } from "./numberInput";
import { select } from "./select";
import { t, wholeNumber } from "../words";

export interface PlayerOptions {
  onPlay(): void;
  onPause(): void;
  onStep(direction: 1 | -1): void;
  /** A place chosen on the slider or with Home and End. */
  onSeek(index: number): void;
  /** The exponent of the speed: 2 to this power, in cells per second. */
  onSpeed(exponent: number): void;
  /** The greatest exponent; 10 unless told. */
  maxSpeed?: number;
}

export interface PlayerProps extends Availability {
  /** Counted from 0. */
  index: number;
  count: number;
  playing: boolean;
  speed: number;
  /** In the place of the hint about keys. */
  note: string;
  /** What is written in the place of the index and the count; null: those. */
  place: string | null;
}

export interface PlayerView extends View<PlayerProps> {
  /**
   * Space plays, arrows step, Home and End go to the ends; true if the key was taken.
   * Keys meant for a control, or taken already, are left alone.
   */
  handleKey(event: KeyboardEvent): boolean;
}

/** Walks the window over the picture. */
export function player(options: PlayerOptions): PlayerView {
  const props: PlayerProps = {
    index: 0, count: 1, playing: false, speed: 4, note: t("player.hint"), place: null,
    disabled: false, reason: null, locked: false, hidden: false,
  };
  const play = iconButton({
    icon: "play",
    label: t("player.play"),
    kind: "primary",
    onClick: () => (props.playing ? options.onPause() : options.onPlay()),
  });
  const back = iconButton({ icon: "back", label: t("player.back"), onClick: () => options.onStep(-1) });
  const step = iconButton({ icon: "step", label: t("player.step"), onClick: () => options.onStep(1) });
  const scrub = h("input", {
    class: "cw-range cw-scrub",
    type: "range",
    min: 0,
    step: 1,
    "aria-label": t("player.position"),
  });
  const place = h("span", { class: "cw-player-place" });
  const speeds = Array.from({ length: (options.maxSpeed ?? 10) + 1 }, (_, exponent) => ({
    value: String(exponent),
    label: t("player.speedOption", { n: wholeNumber(2 ** exponent) }),
  }));
  const speed = select({
    label: t("player.speed"),
    hideLabel: true,
    options: speeds,
    value: String(props.speed),
    onChange: (value) => options.onSpeed(Number(value)),
  });
  const note = h("span", { class: "cw-player-note" });
  const el = h(
    "div",
    { class: "cw-player", role: "group", "aria-label": t("player.label") },
    h("div", { class: "cw-player-buttons" }, play.el, back.el, step.el),
    scrub,
    place,
    speed.el,
    note,
  );

  listen(scrub, "input", () => {
    props.index = Number(scrub.value);
    showPlace();
    options.onSeek(props.index);
  });
  listen(scrub, "keydown", (event) => {
    const next = keyedValue(event, props.index, { min: 0, max: props.count - 1, step: 1 });
    if (next === null) return;
    event.preventDefault();
    event.stopPropagation();
    if (next !== props.index) options.onSeek(next);
  });

  function showPlace(): void {
    const last = Math.max(0, props.count - 1);
    const index = Math.min(Math.max(0, props.index), last);
    const words = { index: wholeNumber(props.count === 0 ? 0 : index + 1), count: wholeNumber(props.count) };
    setAttribute(scrub, "max", last);
    scrub.value = String(index);
    scrub.style.setProperty("--cw-fill", String(last === 0 ? 0 : index / last));
    setAttribute(scrub, "aria-valuetext", t("player.positionText", words));
    setText(place, props.place ?? t("player.place", words));
    // As wide as the last place will need, so that the slider keeps its length while playing.
    const figures = words.count.replace(/\D/g, "").length;
    const room = Math.max(figures + words.count.length + 2, props.place?.length ?? 0);
    place.style.setProperty("min-width", `${room}ch`);
  }

  function show(): void {
    showPlace();
    const barred = { disabled: props.disabled, reason: props.reason, locked: props.locked };
    const { index, count, playing } = props;
    play.update({ ...barred, icon: playing ? "pause" : "play", label: playing ? t("player.pause") : t("player.play") });
    back.update({ ...barred, disabled: props.disabled || index <= 0 });
    step.update({ ...barred, disabled: props.disabled || index >= count - 1 });
    speed.update({ value: String(props.speed), disabled: props.disabled, locked: props.locked });
    scrub.disabled = props.disabled || props.locked || count <= 1;
    setText(note, (props.disabled && props.reason) || props.note);
    el.hidden = props.hidden;
  }
  show();

  return {
    el,
    update({ index, count, playing, speed: exponent, note: words, place: written, ...patch }) {
      merge(props, { index, count, playing, speed: exponent, note: words, place: written } as Partial<PlayerProps>);
      merge(props, availabilityOf(patch));
      show();
    },
    handleKey(event) {
      if (props.disabled || props.locked || props.hidden || event.defaultPrevented) return false;
      if (event.ctrlKey || event.metaKey || event.altKey || isControl(event.target)) return false;
      const last = props.count - 1;
      const taken: Record<string, () => void> = {
        " ": () => (props.playing ? options.onPause() : options.onPlay()),
        ArrowRight: () => options.onStep(1),
        ArrowLeft: () => options.onStep(-1),
        Home: () => options.onSeek(0),
        End: () => options.onSeek(last),
      };
      const act = taken[event.key];
      if (act === undefined) return false;
      event.preventDefault();
      event.stopPropagation();
      act();
      return true;
    },
    destroy() {
      for (const control of [play, back, step, speed]) control.destroy();
      el.remove();
    },
  };
}

function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("button, input, select, textarea, a, dialog, [role=menu]") !== null;
}
