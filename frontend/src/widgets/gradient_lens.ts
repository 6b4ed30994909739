/** The gradient as a slide: what is laid on what, at the place that one cell comes from. */
import { type Region, cellGrid } from "../views/cellGrid";
import { h, setText } from "../views/dom";
import type { Role, Scale } from "../views/theme";
import { t } from "../words";
import type { GradientSum, Pass } from "./gradient_sums";
import { inputScale } from "./scales";

interface Ground {
  label: string;
  rows: number;
  columns: number;
  pad: readonly [number, number, number, number];
  value(row: number, column: number): number;
  /** Where the other lies. */
  under: Region;
  role: Role;
}

interface Laid {
  label: string;
  rows: number;
  columns: number;
  value(row: number, column: number): number;
  role: Role;
}

/** Two small grids that keep their room, whichever gradient they are about. */
export function gradientLens() {
  const titleOn = h("p", { class: "cw-grad-caption" });
  const titleLaid = h("p", { class: "cw-grad-caption" });
  const on = cellGrid({ role: "gradient", fit: "shrink", largest: 30 });
  const laid = cellGrid({ role: "kernel", fit: "shrink", largest: 30 });
  const el = h(
    "div",
    { class: "cw-grad-lens" },
    h("div", { class: "cw-grad-lens-on" }, titleOn, on.el),
    h("div", { class: "cw-grad-lens-laid" }, titleLaid, laid.el),
  );

  return {
    el,
    update(sum: GradientSum, pass: Pass, format: (value: number) => string) {
      const ground = groundOf(sum, pass);
      const over = laidOf(sum, pass);
      const frame = [groundOf({ ...sum, which: "weight" }, pass), groundOf({ ...sum, which: "input" }, pass)];
      const rows = Math.max(...frame.map(({ rows: count, pad }) => count + pad[0] + pad[1]));
      const columns = Math.max(...frame.map(({ columns: count, pad }) => count + pad[2] + pad[3]));
      setText(titleOn, ground.label);
      setText(titleLaid, over.label);
      on.update({
        label: ground.label,
        height: ground.rows,
        width: ground.columns,
        pad: ground.pad,
        view: { row: -ground.pad[0], column: -ground.pad[2], rows, columns },
        value: ground.value,
        scale: sum.which === "weight" ? inputScale(pass.result.input, "float32") : scaleOf(ground.value, ground.rows, ground.columns),
        format,
        axes: false,
        marks: [{ ...ground.under, role: ground.role, style: "window" }],
      });
      const sides = [pass.sizes.window, pass.sizes.output];
      laid.update({
        label: over.label,
        height: over.rows,
        width: over.columns,
        view: {
          row: 0,
          column: 0,
          rows: Math.max(...sides.map(([count]) => count)),
          columns: Math.max(...sides.map(([, count]) => count)),
        },
        value: over.value,
        scale: scaleOf(over.value, over.rows, over.columns),
        format,
        axes: false,
        marks: [{ rows: range(over.rows), columns: range(over.columns), role: over.role, style: "outline" }],
      });
    },
    destroy() {
      on.destroy();
      laid.destroy();
    },
  };
}

function groundOf(sum: GradientSum, { settings: { stride, padding, dilation }, sizes, result }: Pass): Ground {
  const { input, upstream } = result;
  if (sum.which === "weight") {
    const under = sum.parts.input ?? { rows: [], columns: [] };
    return {
      label: t("gradient.onInput"),
      rows: input.height,
      columns: input.width,
      pad: [padding, padding, padding, padding],
      value: (row, column) => cellOf(input, row, column),
      under,
      role: "gradient",
    };
  }
  if (sum.which === "bias") {
    return {
      label: t("gradient.onAll"),
      rows: upstream.height,
      columns: upstream.width,
      pad: [0, 0, 0, 0],
      value: (row, column) => cellOf(upstream, row, column),
      under: sum.parts.upstream,
      role: "gradient",
    };
  }
  // The upstream gradient with the zeros that the stride puts between, and room for the kernel about it.
  const axis = ([0, 1] as const).map((at) => {
    const length = (sizes.output[at] - 1) * stride + 1;
    const before = Math.max(0, dilation * (sizes.window[at] - 1) - padding);
    const after = Math.max(0, sizes.input[at] - 1 + padding - (length - 1));
    const taps = range(sizes.window[at]).map((tap) => sum.cell[at] + padding - tap * dilation);
    return { length, before, after, taps: taps.reverse() };
  });
  const [down, across] = axis as [(typeof axis)[0], (typeof axis)[0]];
  return {
    label: t(stride > 1 ? "gradient.onSpread" : "gradient.onUpstream"),
    rows: down.length,
    columns: across.length,
    pad: [down.before, down.after, across.before, across.after],
    value: (row, column) => (row % stride || column % stride ? 0 : cellOf(upstream, row / stride, column / stride)),
    under: { rows: down.taps, columns: across.taps },
    role: "kernel",
  };
}

function laidOf(sum: GradientSum, { result: { kernel, upstream } }: Pass): Laid {
  if (sum.which !== "input" || !kernel) {
    const [rows, columns] = [upstream.height, upstream.width];
    const ones = sum.which === "bias";
    return {
      label: t(ones ? "gradient.laidOnes" : "gradient.laidUpstream"),
      rows,
      columns,
      value: (row, column) => (ones ? 1 : cellOf(upstream, row, column)),
      role: ones ? "input" : "gradient",
    };
  }
  const { height, width, data } = kernel;
  return {
    label: t("gradient.laidKernel"),
    rows: height,
    columns: width,
    value: (row, column) => data[(height - 1 - row) * width + (width - 1 - column)] ?? 0,
    role: "kernel",
  };
}

function cellOf({ data, height, width }: { data: Float32Array; height: number; width: number }, row: number, column: number): number {
  const inside = row >= 0 && column >= 0 && row < height && column < width;
  return inside ? (data[row * width + column] as number) : 0;
}

function scaleOf(value: (row: number, column: number) => number, rows: number, columns: number): Scale {
  const values = range(rows).flatMap((row) => range(columns).map((column) => value(row, column)));
  const reach = Math.max(...values.map((each) => (Number.isFinite(each) ? Math.abs(each) : 0))) || 1;
  return { kind: "signed", low: -reach, high: reach };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
