/** What explorers of one input and one output share: the chosen cell, the two maps, its arithmetic, what was kept. */
import type { Job, Maps, Pads } from "../engine/types";
import type { Dispose, RenderContext } from "../hosts/model";
import { type ArithmeticProps, arithmetic, spokenSentence } from "../views/arithmetic";
import type { Cell, Region } from "../views/cellGrid";
import { clamp, sameCell } from "../views/cellKeys";
import type { Role } from "../views/theme";
import { t } from "../words";
import { chrome } from "./chrome";
import type { CodeTab } from "./code";
import { comparison, inputShape, shapeText, valueIn } from "./comparison";
import { type Control, type Hands, controlList, word } from "./control_list";
import { mapsPicture } from "./download";
import { Explorer, type ExplorerSpec, type PictureState, type Shown } from "./explorer";
import { inputView } from "./input_view";
import { type Coverage, channelName, coverageMap } from "./lens";
import { type MapPanelProps, mapPanel } from "./map_panel";
import { mapQuestions } from "./map_questions";
import { pictureTools } from "./picture_tools";
import type { Picture, PictureDescriptor } from "./pictures";
import { inputScale, numberText, outputScale } from "./scales";
import type { Patch } from "./session";
import type { Display, PictureViewSettings } from "./view_state";

/** Where the pointer is, or a cursor moved by keys: on a map, or on a place of the window. */
export type Hover = { on: "input" | "output" | "window"; cell: Cell } | null;

interface Sizes {
  pad: Pads;
  output: [number, number];
}

interface Result {
  /** The input as it is read: one channel, or three. */
  selected: Maps;
  output: Maps;
}

/** A result and how its numbers are written. */
export interface Viewed<C, Z, R> extends Shown<C, Z, R> {
  /** Whose numbers are written where there are three; 0 where there is one. */
  channel: number;
  /** What numbers are divided by to be shown. */
  divisor: number;
}

/** What is shown now. */
export interface Moment<C, Z, R> extends Viewed<C, Z, R> {
  state: PictureState<C>;
  hover: Hover;
  /** The output cell whose arithmetic is shown: under the pointer, else the chosen one. */
  cell: Cell;
  /** The input cells that it reads. */
  window: Region;
  format(value: number): string;
}

export interface SceneOptions<C extends { image: PictureDescriptor }, Z extends Sizes, Q extends Job, R extends Result> {
  spec: ExplorerSpec<C, Z, Q, R>;
  kind: string;
  title: string;
  /** The parameters that the explorer's own panels set. */
  parameters?: readonly { key: string; label: string }[];
  controls(hands: Hands<PictureState<C>>): Control<PictureState<C>>[];
  /** The output cell that is shown before one was chosen. */
  start(sizes: Z): Cell;
  /** The input cells that an output cell reads, and the output cells that an input cell takes part in. */
  reads(cell: Cell, viewed: Viewed<C, Z, R>): Region;
  fed(cell: Cell, shown: Shown<C, Z, R>): Region;
  /** The input cells that no window reads because sizes are rounded. */
  dropped(shown: Shown<C, Z, R>): Region;
  coverage(shown: Shown<C, Z, R>): Coverage;
  /** A value of the input, or of the padding about it. */
  value(viewed: Viewed<C, Z, R>, row: number, column: number): number;
  /** The arithmetic of an output cell, its numbers divided. */
  sum(cell: Cell, viewed: Viewed<C, Z, R>): ArithmeticProps;
  /** The place in the window, by row and column, of a term of that arithmetic. */
  place(term: number, now: Moment<C, Z, R>): Cell;
  /** The smallest change that makes settings fit a new picture. */
  repair(settings: C): Partial<C>;
  code(settings: C, picture: Picture): CodeTab[];
  /** Settings in a few words. */
  summary(settings: C): string;
  /** The explorer's own marks on the input. */
  marks?(now: Moment<C, Z, R>): Pick<MapPanelProps, "highlight">;
  /** Paints the explorer's own panels; `settled` is false while only the pointer moved. */
  paint(now: Moment<C, Z, R>, settled: boolean): void;
}

export function scene<C extends { image: PictureDescriptor }, Z extends Sizes, Q extends Job, R extends Result>({ model, el }: RenderContext, options: SceneOptions<C, Z, Q, R>) {
  type View = Shown<C, Z, R>;
  let hover: Hover = null;
  let kept: View | null = null;
  let explorer: Explorer<C, Z, Q, R> | null = null;
  let channel = 0;
  let ended = false;

  const frame = chrome<PictureState<C>>({
    el,
    kind: options.kind,
    title: options.title,
    controls: () => [...(options.parameters ?? []), ...controls.keys(), ...["image", "display"].map((key) => ({ key, label: word("control", key) }))],
    count: () => (explorer?.shown ? count(explorer.shown) : 1),
    index: () => (explorer?.shown ? indexOf(chosen(explorer.shown), explorer.shown) : 0),
    show(index, playing) {
      if (!explorer?.shown) return;
      const width = explorer.shown.sizes.output[1];
      const opens = hands.state().view !== "step";
      if (opens) frame.announce(t("spoken.stepTab"));
      choose([Math.floor(index / width), index % width], { view: "step" });
      if (!playing) speak();
      else if (opens) frame.say("");
    },
    exported: () => ({
      canvas: output.canvas() ?? (explorer?.shown ? mapsPicture(explorer.shown.result.output) : null),
      svg: output.toSVG() ?? input.toSVG(),
    }),
    stored: (state): Patch | null => tools.stored(state),
    fitsLink: (): boolean => tools.fitsLink(),
    admit: (patch, take): string | null => tools.admit(patch, take),
    questions: mapQuestions(() => (explorer?.shown ? sumOf(momentOf(explorer.shown)) : null)),
    subject: () => ({ position: hands.state().position }),
    code: () => (explorer?.shown ? options.code(explorer.shown.settings, explorer.shown.picture) : []),
    repaint: () => repaint("hover"),
    release() {
      if (!hands.state().pinned) return false;
      setView({ pinned: false });
      frame.announce(t("spoken.released"));
      speak();
      return true;
    },
  });
  const hands: Hands<PictureState<C>> = {
    state: () => (explorer as NonNullable<typeof explorer>).session.state,
    set: (patch) => explorer?.session.set(patch),
    settle: () => explorer?.session.settle(),
    objection: (change) => explorer?.objection(change) ?? null,
  };
  const setView = (patch: Partial<PictureViewSettings>) => hands.set(patch as Partial<PictureState<C>>);

  const tools = pictureTools<C>({
    hands,
    link: () => explorer?.link ?? null,
    settings: () => explorer?.settings ?? null,
    picture: () => explorer?.shown?.picture ?? null,
    maxSize: () => Number(model.get("max_size") ?? 512),
    repair: options.repair,
    repaint: () => repaint("hover"),
    say: (text) => frame.say(text, true),
    problem: frame.problem,
  });
  frame.root.append(tools.dialog);

  const input = inputView({
    tools: [tools.picker],
    paintTools: tools.paintTools,
    onHover: (cell) => pointAt(cell && { on: "input", cell }),
    onPick: (cell) => aimAt(cell),
    onMove: (cell) => pointAt({ on: "input", cell }),
    onEdit: (cell, value, done) => tools.paintCell(cell, value, done),
    onLook: () => repaint("look"),
    onChannel: (chosen) => chooseChannel(chosen),
  });
  const output = mapPanel({
    role: "output",
    title: t("role.output"),
    tools: [tools.display],
    onHover: (cell) => pointAt(cell && { on: "output", cell }),
    onPick: (cell) => pin(cell),
    onMove: (cell) => moveTo(cell),
  });
  const sum = arithmetic({
    onTerm(index) {
      const place = explorer?.shown && index !== null ? options.place(index, momentOf(explorer.shown)) : null;
      pointAt(place && { on: "window", cell: place });
    },
  });
  for (const part of [output, sum]) part.el.dataset["answers"] = "size value";
  const compare = comparison({ onRelease: () => setView({ kept: null }) });
  compare.el.dataset["answers"] = "size value";
  const controls = controlList(options.controls(hands));

  const count = ({ sizes }: View) => sizes.output[0] * sizes.output[1];
  const indexOf = (cell: Cell, { sizes }: View) => cell[0] * sizes.output[1] + cell[1];

  const chosen = ({ sizes }: View): Cell => {
    const state = hands.state();
    const cell: Cell =
      hover?.on === "output" && !state.pinned && !frame.stepper.playing
        ? hover.cell
        : (state.position ?? options.start(sizes));
    return [clamp(cell[0], 0, sizes.output[0] - 1), clamp(cell[1], 0, sizes.output[1] - 1)];
  };

  const momentOf = (shown: View): Moment<C, Z, R> => {
    const state = hands.state();
    const cell = chosen(shown);
    const viewed = {
      ...shown,
      channel: shown.result.selected.channels === 3 ? channel : 0,
      divisor: state.unit_range && shown.picture.dtype === "uint8" ? 255 : 1,
    };
    return { ...viewed, state, hover, cell, window: options.reads(cell, viewed), format: numberText(viewed.divisor) };
  };

  const coverageOf = once((shown: View) => coverageMap(options.coverage(shown), shown.sizes.pad));
  const inputScaleOf = once(({ result, picture }: View) => inputScale(result.selected, picture.dtype));
  const displaysOf = once((_: View) => new Map<Display, ReturnType<typeof outputScale>>());

  /** The output as the display shows it. */
  const displayed = (shown: View) => {
    const displays = displaysOf(shown);
    const { display } = hands.state();
    const made = displays.get(display) ?? outputScale(shown.result.output, display, shown.picture.dtype === "uint8" ? 255 : 1);
    displays.set(display, made);
    return made;
  };

  const chooseChannel = (next: number) => {
    channel = next;
    repaint("channel");
  };

  const pointAt = (next: Hover) => {
    hover = next;
    repaint("hover");
  };

  const choose = ([row, column]: Cell, patch: Partial<PictureViewSettings> = {}) => {
    hover = null;
    setView({ position: [row, column], ...patch });
  };

  const moveTo = (cell: Cell) => {
    choose(cell);
    speak();
  };

  /** Holds the arithmetic at a cell, or lets go of it. */
  const pin = (cell: Cell) => {
    const { pinned, position } = hands.state();
    const again = pinned && sameCell(position, cell);
    choose(cell, { pinned: !again });
    frame.announce(t(again ? "spoken.released" : "spoken.pinned"));
    speak();
  };

  /** Chooses the middle one of the outputs that an input cell takes part in. */
  const aimAt = (cell: Cell) => {
    if (!explorer?.shown) return;
    const { rows, columns } = options.fed(cell, explorer.shown);
    const [row, column] = [rows[rows.length >> 1], columns[columns.length >> 1]];
    if (row !== undefined && column !== undefined) moveTo([row, column]);
  };

  /** The arithmetic of the cell that is shown; where every channel has its own, it names the one it is of. */
  const sumOf = (now: Moment<C, Z, R>): ArithmeticProps => ({
    ...options.sum(now.cell, now),
    channel: now.result.output.channels === 3 ? channelName(now.channel) : null,
  });

  const sentence = (now: Moment<C, Z, R>) => spokenSentence(sumOf(now));

  const speak = () => {
    if (explorer?.shown) frame.say(sentence(momentOf(explorer.shown)));
  };

  const repaint = (reason: string) => {
    if (explorer?.shown && !ended) paint(explorer.shown, new Set([reason]));
  };

  const paintInput = (now: Moment<C, Z, R>) => {
    const { state, window, sizes, picture, divisor, format } = now;
    const { selected } = now.result;
    const place = hover?.on === "window" ? hover.cell : null;
    input.update({
      maps: selected,
      scale: inputScaleOf(now),
      shape: inputShape(selected, picture),
      pad: sizes.pad,
      value: (row, column) => options.value(now, row, column),
      format,
      formatNear: numberText(divisor, divisor === 1 ? 6 : 4),
      channel: selected.channels === 3 ? now.channel : null,
      coverage: () => coverageOf(now),
      window,
      pinned: state.pinned,
      marker: hover?.on === "input" ? hover.cell : null,
      pointed: place && [window.rows[place[0]] ?? 0, window.columns[place[1]] ?? 0],
      dropped: options.dropped(now),
      paint: tools.brush(),
      locked: state.locked.includes("image"),
      ...(frame.asked() === null && options.marks?.(now)),
    });
  };

  const paintOutput = (now: Moment<C, Z, R>) => {
    const { state, cell, channel: plane, format, result } = now;
    const { scale, shown: maps } = displayed(now);
    const fed = hover?.on === "input" ? options.fed(hover.cell, now) : null;
    output.update({
      maps,
      scale,
      shape: shapeText(result.output),
      value: valueIn(maps, plane),
      format,
      marker: cell,
      pinned: state.pinned,
      highlight: fed && { ...fed, role: "input" as Role },
      filled: state.view === "step" ? indexOf(cell, now) + 1 : null,
    });
  };

  const paintComparison = (now: Moment<C, Z, R>) =>
    compare.update({
      kept: kept && displayed(kept),
      now: displayed(now).shown,
      channel: now.channel,
      summary: kept ? t("compare.summary", { summary: options.summary(kept.settings) }) : "",
      format: now.format,
    });

  const paint = (shown: View, changed: ReadonlySet<string>) => {
    if (!explorer) return;
    const now = momentOf(shown);
    const settled = !changed.has("hover");
    paintInput(now);
    paintOutput(now);
    sum.update(sumOf(now));
    frame.player.update({ index: indexOf(now.cell, shown), count: count(shown), playing: frame.stepper.playing });
    options.paint(now, settled);
    if (!settled) return;
    paintComparison(now);
    controls.update(now.state);
    controls.show("channels", shown.picture.maps.channels === 3);
    controls.show("unit_range", shown.picture.dtype === "uint8");
    tools.update(now.state);
    frame.update(shown.origin);
    frame.sayLater(sentence(now));
  };

  void Explorer.start(model, options.spec, {
    onPaint: paint,
    onProblem: (message) => frame.problem(message),
    onProgress: (fraction) => frame.progress(fraction, () => explorer?.cancel()),
    onKept(view) {
      kept = view;
      repaint("kept");
    },
  }).then((started) => {
    if (ended) return started.dispose();
    explorer = started;
    frame.attach(started, model);
    started.refresh();
  });

  return {
    stage: frame.stage,
    input: input.el,
    inputTools: input.tools,
    output: output.el,
    near: input.near,
    sum: sum.el,
    compare: compare.el,
    controls: controls.el,
    hands,
    pointAt,
    chooseChannel,
    announce: frame.announce,
    dispose: (() => {
      ended = true;
      explorer?.dispose();
      for (const view of [input, output, sum, compare, controls, tools]) view.destroy();
      frame.destroy();
    }) satisfies Dispose,
  };
}

/** Makes something of a result when it is first asked for: another map would be painted anew. */
function once<S extends { result: object }, V>(make: (shown: S) => V): (shown: S) => V {
  const made = new WeakMap<object, { value: V }>();
  return (shown) => {
    const known = made.get(shown.result) ?? { value: make(shown) };
    made.set(shown.result, known);
    return known.value;
  };
}
