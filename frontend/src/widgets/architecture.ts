/** The architecture explorer: layers in a table, their maps, their costs, and what their units see. */
import { multiplyAdds } from "../engine/cost";
import { type Kind, type Layer, fullLayer } from "../engine/layers";
import { run } from "../engine/pipeline";
import type { FieldRequest, FieldResult } from "../engine/types";
import type { Dispose, RenderContext } from "../hosts/model";
import { button } from "../views/button";
import { h, setText } from "../views/dom";
import { type BlankColumn, layerTable } from "../views/layerTable";
import { menuButton } from "../views/menu";
import { numberField } from "../views/numberField";
import { odometer } from "../views/odometer";
import { segmented } from "../views/segmented";
import { select } from "../views/select";
import { volumes } from "../views/volumes";
import { type Key, t } from "../words";
import {
  ARCHITECTURE_DEFAULTS,
  ARCHITECTURE_SETTINGS,
  type ArchitectureSettings,
  type ArchitectureState,
  MOST,
  type Network,
  fieldRequest,
  networkOf,
  presets,
  withLayers,
} from "./architecture_state";
import { answers } from "./blank_answers";
import { chrome } from "./chrome";
import { codeDialog } from "./code_dialog";
import type { Hands } from "./control_list";
import { Explorer, type ExplorerSpec, type Shown, frameMap } from "./explorer";
import { layerEditor } from "./layer_editor";
import { parametersText } from "./layer_replies";
import { microscope } from "./microscope";
import { networkCode } from "./network_code";
import { readNetwork } from "./network_reading";
import { networkQuestions } from "./network_questions";
import { counts, tableOf, volumesOf } from "./network_tables";
import { pictureTools } from "./picture_tools";
import { fetchPicture } from "./pictures";
import { type Patch, same } from "./session";

type View = Shown<ArchitectureSettings, Network, FieldResult>;

const spec: ExplorerSpec<ArchitectureSettings, Network, FieldRequest, FieldResult> = {
  defaults: ARCHITECTURE_DEFAULTS,
  settings: ARCHITECTURE_SETTINGS,
  looks: ["layer", "position"],
  shapes: networkOf,
  fetch: ({ image }, link) => fetchPicture(image, link),
  request: fieldRequest,
  job: (request) => request,
  run: (engine, request) => run(engine, request),
  cost: multiplyAdds,
  fromKernel: (frame, request) => ({
    image: frameMap(frame, "image") ?? request.image,
    maps: frameMap(frame, "maps") ?? request.image,
    field: frameMap(frame, "output") ?? request.image,
  }),
};

/** What a teacher can hide or lock beside the parameters that all widgets have. */
const PARTS = ["image", "preset", "layers", "blanks", "volumes", "counts", "weights", "seed"] as const;

/** The kinds of layers in the order of the menu, group by group. */
const MENU: readonly [Key, readonly Kind[]][] = [
  ["layer.group.convolution", ["conv2d", "conv1d"]],
  ["layer.group.pooling", ["max_pool2d", "avg_pool2d", "max_pool1d", "avg_pool1d"]],
  ["layer.group.activation", ["relu", "sigmoid", "tanh", "softmax"]],
  ["layer.group.dense", ["flatten", "dense"]],
  ["layer.group.other", ["dropout", "batch_norm"]],
];

export function mountArchitecture({ model, el }: RenderContext): Dispose {
  let explorer: Explorer<ArchitectureSettings, Network, FieldRequest, FieldResult> | null = null;
  let kept: View | null = null;
  let ended = false;
  const given = answers();

  const frame = chrome<ArchitectureState>({
    el,
    kind: "architecture",
    title: t("title.architecture"),
    tabs: { step: t("tab.field") },
    controls: () => PARTS.map((key) => ({ key, label: t(`part.${key}`) })),
    count: () => (explorer?.shown && hands.state().view === "step" ? explorer.shown.sizes.places[0] * explorer.shown.sizes.places[1] : 0),
    index() {
      const network = explorer?.shown?.sizes;
      return network ? network.unit[0] * network.places[1] + network.unit[1] : 0;
    },
    show(index, playing) {
      const width = explorer?.shown?.sizes.places[1] ?? 1;
      set({ position: [Math.floor(index / width), index % width] });
      if (!playing) speakField();
    },
    exported: () => (hands.state().view === "step" ? { canvas: scope.canvas(), svg: scope.svg() } : { canvas: null, svg: boxes.toSVG() }),
    stored: (state): Patch | null => tools.stored(state),
    fitsLink: (): boolean => tools.fitsLink(),
    admit: (patch, take): string | null => tools.admit(patch, take),
    questions: networkQuestions(() => explorer?.shown?.sizes ?? null),
    code() {
      const rows = explorer?.shown?.sizes.rows ?? [];
      const shape = explorer?.shown?.settings.input_shape ?? [];
      return (["keras", "torch"] as const).map((value) => ({
        value,
        label: value === "keras" ? "Keras" : "PyTorch",
        code: networkCode(value, rows, shape),
      }));
    },
    repaint: () => repaint(),
    release: () => false,
  });
  const hands: Hands<ArchitectureState> = {
    state: () => (explorer as NonNullable<typeof explorer>).session.state,
    set: (patch) => explorer?.session.set(patch),
    settle: () => explorer?.session.settle(),
    objection: (change) => explorer?.objection(change) ?? null,
  };
  const set = (patch: Partial<ArchitectureSettings>) => hands.set(patch as Partial<ArchitectureState>);
  /** A change that is an undo step of its own. */
  const step = (patch: Partial<ArchitectureSettings>) => {
    hands.settle();
    set(patch);
    hands.settle();
  };
  const tools = pictureTools<ArchitectureSettings>({
    hands,
    link: () => explorer?.link ?? null,
    settings: () => explorer?.settings ?? null,
    picture: () => explorer?.shown?.picture ?? null,
    maxSize: () => Number(model.get("max_size") ?? 512),
    repair: () => ({}),
    repaint: () => repaint(),
    say: (text) => frame.say(text, true),
    problem: frame.problem,
  });
  frame.root.append(tools.dialog);

  const order = () => hands.state().layers.map((_, i) => i);
  const chosen = () => (explorer?.shown ? selectedRow(hands.state(), explorer.shown.sizes) : -1);

  const boxes = volumes({ onPick: (index) => set({ layer: index, position: null }) });
  const scales = h("p", { class: "cw-scales" }, t("layers.volumes"));
  const meter = odometer();
  meter.el.dataset["answers"] = "parameters";
  const table = layerTable({
    onSelect: (index) => selectLayer(index),
    onMove: (from, to) => moveLayer(from, to),
    onDelete: (index) => deleteLayer(index),
    onAnswer: (index, column, text) => answer(index, column, text),
  });
  table.el.dataset["answers"] = "parameters";
  const editor = layerEditor({
    onChange: (layer) => step({ layers: hands.state().layers.map((old, i) => (i === chosen() ? layer : old)) }),
    onInput: (shape) => step({ input_shape: shape, position: null }),
    onMove: (to) => moveLayer(chosen(), to),
    onDuplicate() {
      const at = chosen();
      const copy = hands.state().layers[at];
      if (copy) step(withLayers(hands.state(), [...order().slice(0, at + 1), { ...copy }, ...order().slice(at + 1)], at + 1));
    },
    onDelete: () => deleteLayer(chosen()),
    onBlank(blank) {
      const at = chosen();
      const others = hands.state().blanks.filter((other) => other !== at);
      step({ blanks: blank ? [...others, at].sort((a, b) => a - b) : others });
    },
  });
  editor.el.querySelector<HTMLElement>(".cw-editor-numbers")?.setAttribute("data-answers", "parameters field");

  const choice = select<string>({
    label: t("preset.choice"),
    hideLabel: true,
    options: [],
    value: "",
    onChange: (name) => {
      const preset = presets.find((one) => one.name === name);
      if (preset) step({ layers: preset.layers, input_shape: preset.input_shape, layer: null, position: null, blanks: [] });
    },
  });
  const add = menuButton({
    label: t("layer.add"),
    icon: "add",
    showLabel: true,
    items: () =>
      MENU.flatMap(([heading, kinds]) => [
        { heading: t(heading as "layer.group.pooling") },
        ...kinds.map((kind) => ({ label: t(`layers.kind.${kind}`), onSelect: () => addLayer(fullLayer(kind)) })),
      ]),
  });
  const blankAll = button({
    label: t("layers.blankAll"),
    icon: "question",
    onClick: () => step({ blanks: hands.state().blanks.length > 0 ? [] : order() }),
  });
  const reading = codeDialog({
    onCode(text) {
      const read = readNetwork(text, hands.state().input_shape);
      if (typeof read === "string") return read;
      if (read.layers.length > MOST.layers) return t("layers.full", { most: MOST.layers });
      step({ layers: read.layers, input_shape: read.input, layer: null, position: null, blanks: [] });
      return null;
    },
  });
  frame.root.append(reading.el);
  const read = button({ label: t("read.button"), icon: "paste", onClick: () => reading.open() });
  const release = button({ label: t("count.release"), onClick: () => hands.set({ kept: null }) });
  const story = h("p", { class: "cw-story" });
  const score = h("p", { class: "cw-score", "aria-live": "polite" });

  const weights = segmented<"equal" | "random">({
    label: t("field.weights"),
    options: (["equal", "random"] as const).map((value) => ({ value, label: t(`field.${value}`) })),
    value: "equal",
    onChange: (value) => step({ weights: value }),
  });
  const seed = numberField({ label: t("field.seed"), value: 0, min: 0, max: 2 ** 31 - 1, whole: true, onCommit: (value) => step({ seed: value }) });
  const scope = microscope({
    tools: [tools.picker],
    weights: h("div", { class: "cw-field-weights" }, weights.el, seed.el),
    onUnit(cell) {
      set({ position: [cell[0], cell[1]] });
      speakField();
    },
    onLayer: (index) => set({ layer: index, position: null }),
    onLook: () => repaint(),
  });

  const build = h(
    "div",
    { class: "cw-build" },
    h("div", { class: "cw-build-bar" }, choice.el, add.el, read.el, blankAll.el, release.el, score),
    story,
    boxes.el,
    scales,
    h("div", { class: "cw-build-panels" }, h("div", { class: "cw-build-table" }, table.el), editor.el),
    meter.el,
  );
  frame.stage.append(build, scope.el);

  function selectLayer(index: number): void {
    set({ layer: index, position: null });
    const row = explorer?.shown?.sizes.rows[index];
    if (row?.output) frame.say(t("layers.said", { name: row.name, shape: row.output.join(", "), parameters: parametersText(row) }));
  }

  function addLayer(layer: Layer): void {
    const state = hands.state();
    if (state.layers.length >= MOST.layers) return frame.problem(t("layers.full", { most: MOST.layers }));
    // What follows the chosen layer's activation would look misplaced; the end of the list is where one builds.
    const at = state.layer === null ? state.layers.length - 1 : Math.min(state.layer, state.layers.length - 1);
    step(withLayers(state, [...order().slice(0, at + 1), layer, ...order().slice(at + 1)], at + 1));
  }

  function moveLayer(from: number, to: number): void {
    const places = order();
    if (to < 0 || to >= places.length || from < 0) return;
    places.splice(to, 0, ...places.splice(from, 1));
    const name = explorer?.shown?.sizes.rows[from]?.name ?? "";
    step(withLayers(hands.state(), places, to));
    frame.say(t("layers.moved", { name, place: to + 1, count: places.length }));
  }

  function deleteLayer(index: number): void {
    const state = hands.state();
    const name = explorer?.shown?.sizes.rows[index]?.name ?? "";
    if (index < 0) return;
    step(withLayers(state, order().filter((i) => i !== index), Math.min(index, state.layers.length - 2)));
    frame.say(t("layers.deleted", { name }));
  }

  function answer(index: number, column: BlankColumn, text: string): void {
    const row = explorer?.shown?.sizes.rows[index];
    if (!row) return;
    given.give(row, index, column, text);
    repaint();
  }

  function speakField(): void {
    const shown = explorer?.shown;
    if (!shown) return;
    const network = networkOf(hands.state());
    frame.say(scope.sentence({ network, shape: shown.settings.input_shape }));
  }

  function repaint(): void {
    if (explorer?.shown && !ended) paint(explorer.shown);
  }

  function paint(shown: View): void {
    if (!explorer) return;
    const state = hands.state();
    const { settings, sizes: network, result } = shown;
    const { rows } = network;
    const locks = (key: (typeof PARTS)[number]) => ({ locked: state.locked.includes(key), hidden: state.hidden.includes(key) });
    const { locked } = locks("layers");
    const asked = rows.map((row, i) => (settings.blanks.includes(i) && row.rule === "" ? given.blanks(row, i) : null));

    build.hidden = state.view !== "explore";
    scope.el.hidden = state.view !== "step";
    const preset = presets.find((one) => same(one.layers, settings.layers) && same(one.input_shape, settings.input_shape));
    choice.update({ options: choices(preset === undefined), value: preset?.name ?? "", ...locks("preset") });
    setText(story, preset?.story ? t(preset.story as "story.lenet5") : "");
    add.update({ ...locks("layers"), disabled: rows.length >= MOST.layers });
    read.update(locks("layers"));
    release.update({ hidden: kept === null });
    blankAll.update({ label: t(settings.blanks.length > 0 ? "layers.blankNone" : "layers.blankAll"), ...locks("blanks") });
    const open = asked.flatMap((blank) => (blank ? [blank.shape, blank.parameters] : []));
    setText(score, open.length > 0 ? t("layers.score", { right: open.filter(({ state: mark }) => mark === "right").length, all: open.length }) : "");
    const whole = asked.every((blank) => !blank || (blank.shape.state === "right" && blank.parameters.state === "right"));

    boxes.el.hidden = locks("volumes").hidden || !whole;
    scales.hidden = boxes.el.hidden;
    if (state.view === "explore") {
      boxes.update({ label: t("layers.volumes"), volumes: volumesOf(network, settings.input_shape), selected: network.chosen });
      const at = selectedRow(state, network);
      table.update({ ...tableOf(network, settings.input_shape, asked, whole), selected: at, locked });
      const row = rows[at] ?? null;
      const blank = asked[at];
      const covered = Boolean(blank && (blank.shape.state !== "right" || blank.parameters.state !== "right"));
      editor.update({ row, index: at, count: rows.length, input: settings.input_shape, blank: settings.blanks.includes(at), covered, locked, blanks: locks("blanks") });
      meter.el.hidden = locks("counts").hidden || !whole;
      meter.update({ counts: counts(network.sums, kept && kept.sizes.sums) });
    } else if (state.view === "step") {
      scope.update({ network, shape: settings.input_shape, result, random: settings.weights === "random" });
      weights.update({ value: settings.weights, ...locks("weights") });
      seed.update({ value: settings.seed, ...locks("seed"), ...(settings.weights !== "random" && { hidden: true }) });
      frame.player.update({ index: network.unit[0] * network.places[1] + network.unit[1], count: network.places[0] * network.places[1], playing: frame.stepper.playing });
    }
    tools.update(state);
    frame.update(shown.origin);
  }

  /** The row that is edited: also one that cannot be, which the microscope cannot look at. */
  function selectedRow({ layer }: ArchitectureState, network: Network): number {
    return layer === null ? network.chosen : Math.min(layer, network.rows.length - 1);
  }

  void Explorer.start(model, spec, {
    onPaint: paint,
    onProblem: (message) => frame.problem(message),
    onProgress: (fraction) => frame.progress(fraction, () => explorer?.cancel()),
    onKept(view) {
      kept = view;
      repaint();
    },
  }).then((started) => {
    if (ended) return started.dispose();
    explorer = started;
    frame.attach(started, model);
    started.refresh();
  });

  return () => {
    ended = true;
    explorer?.dispose();
    for (const view of [boxes, meter, table, editor, choice, add, read, reading, release, blankAll, weights, seed, scope, tools]) view.destroy();
    frame.destroy();
  };
}

let plain: ReturnType<typeof offered> | null = null;
let withOwn: ReturnType<typeof offered> | null = null;

/** The presets; with a word for a network that is none of them. The same list each time: a list is built once. */
function choices(own: boolean) {
  return own ? (withOwn ??= offered(true)) : (plain ??= offered(false));
}

function offered(own: boolean) {
  const known = presets.map(({ name, title, group }) => ({ value: name, label: t(title as "preset.vgg16"), group: t(group as "preset.group.small") }));
  return own ? [{ value: "", label: t("preset.own") }, ...known] : known;
}
