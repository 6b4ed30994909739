/** What the paddings that are taken for one another make of one signal, one below the other. */
import { h, setText } from "../views/dom";
import { formatNumber } from "../views/format";
import { roundRange } from "../views/plotScale";
import { stemPlot } from "../views/stemPlot";
import { plural, t } from "../words";
import { COMPARED, type Compared, type SignalResult, type SignalSettings, type SignalSizes, comparedPads } from "./convolution1d_state";
import { lane, outputProps } from "./signal_lanes";

type Pads = Record<Compared, readonly [number, number]>;

export function paddingsPanel() {
  const plots = COMPARED.map(() => stemPlot({ role: "output" }));
  const lanes = COMPARED.map((name, i) => lane("output", t(`paddings.${name}`), (plots[i] as (typeof plots)[0]).el));
  const text = h("p", { class: "cw-paddings-text", role: "status" });
  const signal = stemPlot({ role: "input" });
  const inner = h("div", { class: "cw-lanes-inner" }, lane("input", t("role.signal"), signal.el).el, ...lanes.map(({ el }) => el));
  const el = h(
    "section",
    { class: "cw-paddings", "aria-label": t("paddings.title"), "data-answers": "size value shape", hidden: true },
    h("p", { class: "cw-panel-title" }, t("paddings.title")),
    text,
    h("div", { class: "cw-lanes" }, inner),
  );
  return {
    el,
    update(shown: boolean, settings: SignalSettings, sizes: SignalSizes, result: SignalResult) {
      const { compared } = result;
      el.hidden = !shown || compared === null;
      if (el.hidden || !compared) return;
      const pads = comparedPads(settings, sizes);
      const before = Math.max(...COMPARED.map((name) => pads[name][0]));
      const after = Math.max(...COMPARED.map((name) => pads[name][1]));
      const domain = [-before - 0.5, sizes.length + after - 0.5] as const;
      signal.update({
        label: t("role.signal"),
        stems: Array.from(result.signal, (value, at) => ({ at, value })),
        domain,
        range: roundRange(result.signal),
        height: 92,
      });
      COMPARED.forEach((name, i) => {
        const [first, last] = pads[name];
        const as = { ...settings, padding: "valid" as const };
        (plots[i] as (typeof plots)[0]).update({
          ...outputProps(as, { ...sizes, pad: pads[name] }, compared[name], domain, null, null),
          band: [-first, -first + settings.dilation * (sizes.taps - 1)],
          height: 104,
          name: null,
        });
        setText((lanes[i] as (typeof lanes)[0]).note, t("paddings.note", { before: first, after: last, length: compared[name].length }));
      });
      // The habit is drawn where it is not one of the others.
      (lanes[2] as (typeof lanes)[0]).el.hidden = samePads(pads.habit, pads.half);
      setText(text, difference(pads, compared));
    },
    destroy() {
      for (const plot of [signal, ...plots]) plot.destroy();
      el.remove();
    },
  };
}

/** Names the difference between the paddings. */
export function difference(pads: Pads, compared: Record<Compared, Float32Array>): string {
  const [same, half, habit] = [pads.same, pads.half, pads.habit];
  const ends = (pad: readonly [number, number]) => `${pad[0]} + ${pad[1]}`;
  const words: string[] = [];
  if (samePads(same, half)) words.push(t("paddings.equal", { pads: ends(same) }));
  else if (same[0] === half[0]) words.push(t("paddings.sameStart", { same: ends(same), half: ends(half) }));
  else {
    const [a, b] = [compared.same, compared.half];
    const gap = Math.max(...a.map((value, i) => Math.abs(value - (b[i] ?? 0))));
    words.push(
      plural("paddings.shifted", half[0] - same[0], { same: ends(same), half: ends(half), length: a.length, gap: formatNumber(gap, { room: 6 }) }),
    );
  }
  if (samePads(habit, half)) words.push(t("paddings.habitIsHalf"));
  else words.push(plural("paddings.habitEven", habit[0] - half[0], { pads: ends(habit), length: compared.habit.length, half: compared.half.length }));
  return words.join(" ");
}

function samePads(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] === b[0] && a[1] === b[1];
}
