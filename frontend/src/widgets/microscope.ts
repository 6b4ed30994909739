/** The receptive-field microscope: a unit of a layer, the input it sees, and how strongly. */
import { effectiveKernel } from "../engine/geometry";
import { type Reach, type Row, product } from "../engine/layers";
import { type Cells, fedUnits, seenCells } from "../engine/receptive";
import type { FieldResult, Maps } from "../engine/types";
import type { Cell, Region } from "../views/cellGrid";
import { h, setText } from "../views/dom";
import { type FieldRow, fieldTable } from "../views/fieldTable";
import { formatNumber } from "../views/format";
import type { Scale } from "../views/theme";
import { t, wholeNumber } from "../words";
import type { Network } from "./architecture_state";
import { valueIn } from "./comparison";
import { byText, problemText } from "./layer_facts";
import { mapPanel } from "./map_panel";
import { extent, inputScale } from "./scales";

export interface MicroscopeProps {
  network: Network;
  shape: readonly number[];
  result: FieldResult;
  random: boolean;
}

export interface MicroscopeOptions {
  /** What stands at the head of the input. */
  tools: HTMLElement[];
  weights: HTMLElement;
  onUnit(cell: Cell): void;
  onLayer(index: number): void;
  onLook(): void;
}

type Hover = { on: "input" | "units"; cell: Cell } | null;

export function microscope(options: MicroscopeOptions) {
  let hover: Hover = null;
  const point = (on: "input" | "units") => (cell: Cell | null) => {
    hover = cell && { on, cell };
    options.onLook();
  };
  const input = mapPanel({ role: "input", title: t("role.input"), tools: options.tools, onHover: point("input"), onMove: point("input"), onPick: point("input") });
  const units = mapPanel({ role: "output", title: t("field.unit"), onHover: point("units"), onPick: choose, onMove: choose });
  const field = mapPanel({ role: "gradient", title: t("field.effective") });
  const sentence = h("p", { class: "cw-field-text" });
  const table = fieldTable({ onSelect: options.onLayer });
  const law = h("p", { class: "cw-field-law" }, t("field.recurrence"));
  const grown = h("div", { class: "cw-field-grown", "data-answers": "field" }, sentence, table.el, law);
  const note = h("p", { class: "cw-weights-note" }, t("field.weightsNote"));
  const el = h(
    "div",
    { class: "cw-microscope" },
    h("div", { class: "cw-field-panels", "data-answers": "field" }, input.el, units.el, h("div", { class: "cw-field-effective" }, field.el, options.weights, note)),
    grown,
  );

  function choose(cell: Cell): void {
    hover = null;
    options.onUnit(cell);
  }

  return {
    el,
    update({ network, shape, result, random }: MicroscopeProps) {
      const { rows, chosen, places } = network;
      const unit = hover?.on === "units" ? within(hover.cell, places) : network.unit;
      const flat = shape.length < 3;
      const seen = seenBy(rows, chosen, unit, shape);
      const fed = hover?.on === "input" ? fedBy(rows, hover.cell, shape) : null;
      const name = rows[chosen]?.name ?? t("layers.input");
      input.update({
        maps: result.image,
        scale: inputScaleOf(result.image),
        shape: byText(shape),
        value: valueIn(result.image, 0),
        format: short,
        window: regionOf(seen[0] ?? [], flat),
        marker: hover?.on === "input" ? hover.cell : null,
      });
      const reached = fed && chosen >= 0 ? (fed[chosen] ?? []) : null;
      units.update({
        maps: result.maps,
        scale: scaleOf(result.maps),
        shape: `${name} ${byText([result.maps.height, result.maps.width])}`,
        value: valueIn(result.maps, 0),
        format: shorter,
        marker: unit,
        highlight: reached && { ...regionOf(reached.length > 0 ? reached : everything(places, flat), flat), role: "input" },
      });
      field.update({
        maps: result.field,
        scale: scaleOf(result.field),
        shape: t(random ? "field.effectiveRandom" : "field.effectiveEqual"),
        value: valueIn(result.field, 0),
        format: shorter,
        window: regionOf((seen[0] ?? []).map(filled), flat),
        marker: hover?.on === "input" ? hover.cell : null,
      });
      table.update({ rows: tableRows(rows, fed), selected: chosen });
      setText(sentence, fed ? fedText(rows, chosen, hover?.cell ?? [0, 0], fed, flat) : seenText(network, unit, seen[0] ?? [], shape));
    },
    /** What a screen reader is told of the chosen unit. */
    sentence: ({ network, shape }: Pick<MicroscopeProps, "network" | "shape">) =>
      seenText(network, network.unit, seenBy(network.rows, network.chosen, network.unit, shape)[0] ?? [], shape),
    canvas: () => field.canvas(),
    svg: () => field.toSVG() ?? input.toSVG(),
    destroy() {
      for (const view of [input, units, field, table]) view.destroy();
      el.remove();
    },
  };
}

/** Sums of the recurrence, a row for each layer that changes the field. */
export function tableRows(rows: readonly Row[], fed: readonly Cells[] | null): FieldRow[] {
  let before: Reach[] = (rows[0]?.reach ?? []).map(() => ({ size: 1, jump: 1, start: 0 }));
  const found: FieldRow[] = [];
  for (const [index, row] of rows.entries()) {
    const [was, now, axis] = [before[0], row.reach[0], row.axes[0]];
    const seesAll = row.layer.kind === "dense" && row.reach[0]?.jump === 0;
    if (was && now && row.rule === "" && (axis || (seesAll && was.jump !== 0))) {
      const both = (pick: (reach: Reach) => number) => (row.reach.every((reach) => pick(reach) === pick(now)) ? wholeNumber(pick(now)) : byText(row.reach.map(pick)));
      const reach = axis ? effectiveKernel(axis.kernel, axis.dilation) - 1 : (rows[index - 1]?.positions[0] ?? 1) - 1;
      const units = fed?.[index];
      found.push({
        index,
        name: row.name,
        window: axis ? oneOf(row.axes.map(({ kernel }) => kernel)) : t("field.all"),
        stride: axis ? oneOf(row.axes.map(({ stride }) => stride)) : "",
        dilation: axis ? oneOf(row.axes.map(({ dilation }) => dilation)) : "",
        size: { sum: `${was.size} + ${reach}·${was.jump} = `, value: both(({ size }) => size) },
        jump: { sum: axis ? `${was.jump}·${axis.stride} = ` : "", value: axis ? both(({ jump }) => jump) : "–" },
        start: { sum: axis ? `${wholeNumber(was.start)} − ${axis.before}·${was.jump} = ` : "", value: both(({ start }) => start) },
        fed: units ? t("field.feeds", { units: units.length > 0 ? byText(units.map(({ length }) => length)) : t("field.all") }) : "",
      });
    }
    before = row.reach;
  }
  return found;
}

/** A unit's field in words, with what of it takes part. */
export function seenText({ rows, chosen }: Network, [row, column]: Cell, cells: Cells, shape: readonly number[]): string {
  const now = rows[chosen];
  const problem = rows.find(({ rule }) => rule !== "");
  const ends = problem ? ` ${t("field.problem", { name: problem.name, problem: problemText(problem) })}` : "";
  if (!now || now.reach.length === 0) return (shape.length < 2 ? t("field.none") : "") + ends;
  const size = byText(now.reach.map((reach) => reach.size));
  if (now.positions.length === 0) return t("field.seesAll", { name: now.name, size }) + ends;
  const place = now.positions.length === 1 ? [column] : [row, column];
  const spans = now.reach.map(({ size: cells, jump, start }, i) => {
    const first = start + jump * (place[i] ?? 0);
    return [first, first + cells - 1] as const;
  });
  const told = spans.map(([first, last]) => `${wholeNumber(first)}–${wholeNumber(last)}`);
  const unit = place.join(", ");
  const said =
    told.length === 1
      ? t("field.seesLine", { name: now.name, unit, size, rows: told[0] ?? "" })
      : t("field.sees", { name: now.name, unit, size, rows: told[0] ?? "", columns: told[1] ?? "" });
  const clipped = product(spans.map(([first, last], i) => Math.max(0, Math.min(last, (shape[i] ?? 1) - 1) - Math.max(first, 0) + 1)));
  const all = product(now.reach.map((reach) => reach.size));
  const taken = product(cells.map(({ length }) => length));
  const inside = clipped < all ? ` ${t("field.inside", { inside: wholeNumber(clipped) })}` : "";
  const holes = taken < clipped ? ` ${t("field.holes", { taken: wholeNumber(taken), all: wholeNumber(clipped) })}` : "";
  return said + inside + holes + ends;
}

function fedText(rows: readonly Row[], chosen: number, cell: Cell, fed: readonly Cells[], flat: boolean): string {
  const place = (flat ? cell.slice(1) : cell).join(", ");
  // The input's own cells feed themselves alone: then the last layer with windows tells more.
  const layer = chosen < 0 ? rows.reduce((last, { axes, rule }, i) => (axes.length > 0 && rule === "" ? i : last), -1) : chosen;
  const units = fed[layer];
  const name = rows[layer]?.name ?? t("layers.input");
  if (!units || units.length === 0) return t("field.fedAll", { cell: place, name });
  if (units.some(({ length }) => length === 0)) return t("field.fedNone", { cell: place, name });
  return t("field.fed", { cell: place, name, units: byText(units.map(({ length }) => length)) });
}

function seenBy(rows: readonly Row[], chosen: number, [row, column]: Cell, shape: readonly number[]): Cells[] {
  if (shape.length < 2) return [[[0], Array.from({ length: shape[0] ?? 1 }, (_, i) => i)]];
  const positions = chosen < 0 ? shape.slice(0, -1) : (rows[chosen]?.positions ?? []);
  return seenCells(rows, chosen, positions.length === 0 ? [] : positions.length === 1 ? [column] : [row, column]);
}

function fedBy(rows: readonly Row[], [row, column]: Cell, shape: readonly number[]): Cells[] {
  const possible = rows.filter(({ rule }) => rule === "");
  return fedUnits(possible, shape.length < 3 ? [column] : [row, column]);
}

/** Cells along each axis as rows and columns; a signal is one row. */
function regionOf(cells: Cells, flat: boolean): Region {
  const [rows = [], columns] = flat && cells.length === 1 ? [[0], ...cells] : cells;
  return { rows, columns: columns ?? [] };
}

function everything([rows, columns]: [number, number], flat: boolean): Cells {
  const line = (length: number) => Array.from({ length }, (_, i) => i);
  return flat ? [line(columns)] : [line(rows), line(columns)];
}

function within([row, column]: Cell, [rows, columns]: [number, number]): [number, number] {
  return [Math.min(row, rows - 1), Math.min(column, columns - 1)];
}

function inputScaleOf(maps: Maps): Scale {
  return inputScale(maps, "float32");
}

/** Signed where anything is negative, else from zero to the greatest. */
function scaleOf(maps: Maps): Scale {
  const [low, high] = extent(maps);
  const reach = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return low < 0 ? { kind: "signed", low: -reach, high: reach } : { kind: "grey", low: 0, high: high || 1 };
}

function oneOf(sizes: readonly number[]): string {
  return sizes.every((size) => size === sizes[0]) ? String(sizes[0]) : byText(sizes);
}

function short(value: number): string {
  return formatNumber(value, { room: 6 });
}

/** Cells from the first to the last, without holes. */
function filled(cells: readonly number[]): number[] {
  const [first = 0, last = -1] = [cells[0], cells.at(-1)];
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Short enough for sixteen cells beside each other. */
function shorter(value: number): string {
  return formatNumber(value, { room: 4 });
}
