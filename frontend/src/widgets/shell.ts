/** What all explorers share: header, notices, player, pictures, undo, sharing, teacher's switches. */
import type { Maps } from "../engine/types";
import type { Dispose, Model } from "../hosts/model";
import { numberField, select, toggle } from "../views/controls";
import { h, setAttribute, setText } from "../views/dom";
import { header } from "../views/header";
import type { MenuItem } from "../views/menu";
import { notice } from "../views/notice";
import { picker } from "../views/picker";
import { placeholder } from "../views/placeholder";
import { player } from "../views/player";
import { t } from "../words";
import type { CodeTab } from "./code";
import type { Origin } from "./computer";
import type { Display, ViewSettings } from "./convolution_state";
import { copyPicture, mapsPicture, pngOf } from "./download";
import type { Explorer, ExplorerState } from "./explorer";
import {
  type Picture,
  type PictureDescriptor,
  adoptImage,
  fetchPicture,
  interleave,
  newPictureId,
  ownPicture,
  remember,
  storedImage,
  syntheticPicture,
  syntheticPictures,
} from "./pictures";
import { codePanel } from "../views/codePanel";
import { openDialog } from "../views/openDialog";
import { pictureDialog } from "../views/pictureDialog";
import { saveFile } from "../views/saveFile";
import { shareDialog } from "../views/shareDialog";
import type { Patch } from "./session";
import { surviveReload } from "./reload";
import { linkFragment } from "./share";
import { Stepper } from "./stepper";
import { teacherDialog } from "./teacher";

type Settings = { image: PictureDescriptor };
type AnyExplorer<C extends Settings> = Explorer<C, any, any, any>;

export interface ShellOptions<C extends Settings> {
  el: HTMLElement;
  /** The widget's kind, as the state names it. */
  kind: string;
  title: string;
  /** The parameters a teacher can hide or lock. */
  controls(): readonly { key: string; label: string }[];
  /** The cells the player walks over, and the one it stands on. */
  count(): number;
  index(): number;
  show(index: number, playing: boolean): void;
  exported(): { output: Maps | null; canvas: HTMLCanvasElement | null; svg: string | null };
  /** The smallest change that makes settings fit their picture. */
  repair(settings: C): Partial<C>;
  /** The same computation as code, by library. */
  code(): CodeTab[];
  /** Paints what is shown once more. */
  repaint(): void;
  /** Lets go of the pinned position. */
  release(): void;
}

/** What every explorer has beside its own controls. */
const COMMON = ["image", "display", "player", "keep", "reset", "share"] as const;
const DISPLAYS: readonly Display[] = ["auto", "signed", "grey", "clip", "abs", "offset"];
const OWN = "…own";

export function shell<C extends Settings>(options: ShellOptions<C>) {
  let explorer: AnyExplorer<C> | null = null;
  let model: Model | null = null;
  let leaving: Dispose | null = null;
  let started = false;
  let painting = false;
  let ink = 1;
  const state = (): ExplorerState<C> | null => explorer?.session.state ?? null;
  const set = (patch: Partial<ExplorerState<C>>) => explorer?.session.set(patch);
  const view = (patch: Partial<ViewSettings>) => set(patch as Partial<ExplorerState<C>>);

  const stepper = new Stepper({
    count: options.count,
    index: options.index,
    speed: () => state()?.speed ?? 4,
    show: options.show,
    onPlaying: (playing) => controls.update({ playing }),
  });
  const controls = player({
    onPlay: () => stepper.play(),
    onPause: () => stepper.pause(),
    onStep: (direction) => stepper.seek(options.index() + direction),
    onSeek: (index) => stepper.seek(index),
    onSpeed: (speed) => view({ speed }),
    maxSpeed: 14,
  });
  const head = header<ViewSettings["view"]>({
    title: options.title,
    tabs: (["explore", "step", "code"] as const).map((value) => ({ value, label: t(`tab.${value}`) })),
    tab: "explore",
    onTab: (tab) => view({ view: tab }),
    actions: [
      { id: "keep", label: t("header.keep"), icon: "keep", title: t("keep.title"), onClick: keep },
      { id: "undo", label: t("header.undo"), icon: "undo", iconOnly: true, onClick: () => explorer?.session.undo() },
      { id: "redo", label: t("header.redo"), icon: "redo", iconOnly: true, onClick: () => explorer?.session.redo() },
      { id: "reset", label: t("header.reset"), icon: "reset", title: t("reset.title"), onClick: reset },
      { id: "share", label: t("header.share"), icon: "share", onClick: share },
    ],
    menu,
  });
  const message = notice();
  const stage = h("div", { class: "cw-stage" });
  const waiting = placeholder();
  waiting.update({ state: "loading" });
  const code = codePanel<string>({ tabs: [{ value: "numpy", label: "NumPy", code: "" }], tab: "numpy" });
  const codeBox = h("div", { class: "cw-code-view", hidden: true }, code.el);
  const spoken = h("p", { class: "cw-spoken", "aria-live": "polite" });
  const adding = pictureDialog({ maxSize: 512, onPicture: (pixels) => give(ownPicture(pixels)) });
  const sharing = shareDialog();
  const opening = openDialog({ onState: restore });
  const preparing = teacherDialog({
    controls: () => [...options.controls(), ...COMMON.map((key) => ({ key: key as string, label: t(`control.${key}`) }))],
    onChange: view,
  });
  const root = h(
    "div",
    { class: "cw-root", "data-lm-suppress-shortcuts": "true", role: "group", "aria-label": options.title, onkeydown },
    head.el,
    message.el,
    waiting.el,
    stage,
    codeBox,
    controls.el,
    spoken,
    adding.el,
    sharing.el,
    opening.el,
    preparing.el,
  );
  root.addEventListener("keydown", undoByKey, true);
  options.el.append(root);
  stage.classList.add("cw-unready");

  const pictures = picker<string>({
    label: t("picture.choice"),
    hideLabel: true,
    groups: [],
    value: null,
    onPick: (name) => (name === OWN ? addPicture() : usePicture(name)),
  });
  const display = select<Display>({
    label: t("display.label"),
    hideLabel: true,
    options: DISPLAYS.map((value) => ({ value, label: t(`display.${value}`) })),
    value: "auto",
    onChange: (value) => view({ display: value }),
  });
  const brush = toggle({
    label: t("paint.toggle"),
    value: false,
    onChange: (value) => {
      painting = value;
      options.repaint();
    },
  });
  const inkField = numberField({
    label: t("paint.value"),
    value: ink,
    onCommit: (value) => {
      ink = value;
      options.repaint();
    },
  });
  const paintTools = h("div", { class: "cw-paint" }, brush.el, inkField.el);

  function onkeydown(event: KeyboardEvent): void {
    if (event.key === "Escape" && state()?.pinned) {
      options.release();
    } else {
      controls.handleKey(event);
    }
    // The host's own shortcuts must not hear what was typed here.
    event.stopPropagation();
  }

  /** Undo by keyboard, heard before any grid takes the key; text fields keep their own. */
  function undoByKey(event: KeyboardEvent): void {
    const { target } = event;
    const typing =
      target instanceof HTMLTextAreaElement ||
      (target instanceof HTMLInputElement && !["range", "checkbox", "radio"].includes(target.type));
    if (typing || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) explorer?.session.redo();
    else explorer?.session.undo();
  }

  function keep(): void {
    if (explorer) set({ kept: explorer.settings } as Partial<ExplorerState<C>>);
  }

  function reset(): void {
    stepper.pause();
    explorer?.session.reset();
  }

  function usePicture(name: string): void {
    const synthetic = syntheticPicture(name);
    if (!synthetic) return void usePhoto(name);
    void synthetic.then(({ maps: _, ...descriptor }) => adopt(descriptor));
    explorer?.link.tell({ type: "use_picture", name });
  }

  /** Asks for a picture that this page does not draw; false where nobody has it. */
  async function usePhoto(name: string): Promise<boolean> {
    const answer = await explorer?.link.ask({ type: "use_picture", name }, { timeout: 60_000 });
    if (answer && answer.message.type !== "error") return true;
    problem(answer ? String(answer.message["message"]) : t("picture.unavailable", { name }));
    return false;
  }

  /** Shows another picture, and changes what would not fit it, saying so. */
  function adopt(image: PictureDescriptor): void {
    if (!explorer) return;
    const settings = { ...explorer.settings, image };
    const remedy = options.repair(settings);
    set({ image, position: null, pinned: false, ...remedy } as unknown as Partial<ExplorerState<C>>);
    explorer.session.settle();
    const changed = Object.entries(remedy).map(([key, value]) => `${key} = ${String(value)}`);
    if (changed.length > 0) say(t("picture.repaired", { changes: changed.join(", ") }), true);
  }

  function addPicture(): void {
    adding.update({ maxSize: Number(model?.get("max_size") ?? 512) });
    adding.open();
  }

  /** Takes a picture made in this page. */
  function give(picture: Picture): void {
    hand(picture);
    adopt(withoutMaps(picture));
  }

  /** Gives the kernel a picture: its name, or its pixels. */
  function hand(picture: Picture): void {
    const { maps, ...descriptor } = picture;
    if (descriptor.name) {
      explorer?.link.tell({ type: "use_picture", name: descriptor.name });
      return;
    }
    const pixels = interleave(maps);
    const bytes = descriptor.dtype === "uint8" ? Uint8Array.from(pixels).buffer : pixels.buffer;
    explorer?.link.tell({ type: "use_image", ...descriptor }, [bytes as ArrayBuffer]);
  }

  /** Sets one cell of a small picture. */
  function paintCell([row, column]: readonly [number, number], value: number, done: boolean): void {
    const shown = explorer?.shown;
    if (!shown) return;
    const { maps, shape, dtype } = shown.picture;
    if (row < 0 || column < 0 || row >= maps.height || column >= maps.width) return;
    const pixels = interleave(maps);
    const at = (row * maps.width + column) * maps.channels;
    const held = dtype === "uint8" ? Math.min(Math.max(Math.round(value), 0), 255) : value;
    if (pixels.subarray(at, at + maps.channels).every((old) => old === Math.fround(held))) {
      if (done) explorer?.session.settle();
      return;
    }
    pixels.fill(held, at, at + maps.channels);
    const descriptor = { name: "", label: t("paint.label"), shape, dtype, id: newPictureId() };
    const picture = remember(descriptor, pixels);
    hand(picture);
    set({ image: withoutMaps(picture) } as unknown as Partial<ExplorerState<C>>);
    if (done) explorer?.session.settle();
  }

  /** The state as a file or a link holds it: the picture by name, or as numbers. */
  function stateNow(): Patch | null {
    if (!explorer?.shown) return null;
    const { pictures: _, ...rest } = explorer.session.state;
    return {
      widget: options.kind,
      version: 1,
      ...rest,
      image: storedImage(explorer.shown.picture, true),
      kept: null,
    };
  }

  /** The state where anything of it differs from the start. */
  function changed(): Patch | null {
    return explorer?.session.isAtStart ? null : stateNow();
  }

  function share(): void {
    const saved = stateNow();
    if (!saved || !explorer?.shown) return;
    const small = storedImage(explorer.shown.picture, false) !== null;
    const fragment = small ? linkFragment(saved) : null;
    const inPage = explorer.link.available === false;
    sharing.open({
      link: fragment && inPage ? location.href.split("#")[0] + fragment : null,
      reason: inPage ? t("share.tooLarge") : t("share.noPage"),
      file: { name: `${options.kind}.convwidget.json`, text: JSON.stringify(saved, null, 1) },
    });
  }

  /** Takes a saved state, or says why it can't; then everything stays as it was. */
  function restore(saved: unknown): string | null {
    if (typeof saved !== "object" || saved === null || (saved as Patch)["widget"] !== options.kind) {
      return t("open.otherWidget", { kind: options.kind });
    }
    const known = new Set(Object.keys(explorer?.session.state ?? {}));
    const patch = Object.fromEntries(Object.entries(saved).filter(([key]) => known.has(key)));
    const named = patch["image"];
    const image = adoptImage(named, []);
    if (image) patch["image"] = image;
    else delete patch["image"];
    const take = () => {
      const outcome = explorer?.objection(patch as Partial<C>) ?? null;
      if (outcome === null) set(patch as Partial<ExplorerState<C>>);
      return outcome;
    };
    if (!image && typeof named === "string") {
      // Whether the rest fits is known once its size is.
      void usePhoto(named).then((there) => {
        const outcome = there ? take() : null;
        if (outcome !== null) problem(outcome);
      });
      return null;
    }
    if (!image || !explorer) return take();
    const outcome = explorer.objection(patch as Partial<C>);
    if (outcome !== null) return outcome;
    // The kernel must know the pixels before it hears of the picture.
    void fetchPicture(image, explorer.link).then((picture) => {
      hand(picture);
      take();
    });
    return null;
  }

  /** Takes what was here before the page was reloaded. */
  function resume(saved: Patch): void {
    if (restore(saved) === null) say(t("reload.resumed"), true);
  }

  function menu(): readonly MenuItem[] {
    const { output, canvas, svg } = options.exported();
    const name = options.kind;
    const inKernel = explorer?.link.available === true;
    return [
      { heading: t("menu.output") },
      {
        label: t("menu.copyPng"),
        icon: "copy",
        disabled: !output,
        onSelect: () => output && void copyPicture(canvas ?? mapsPicture(output)).then(said),
      },
      {
        label: t("menu.png"),
        icon: "download",
        disabled: !output,
        onSelect: () => output && void pngOf(canvas ?? mapsPicture(output)).then((file) => save(`${name}.png`, file)),
      },
      {
        label: t("menu.svg"),
        icon: "download",
        disabled: !svg,
        ...(svg === null && { reason: t("menu.svgReason") }),
        onSelect: () => svg && save(`${name}.svg`, new Blob([svg], { type: "image/svg+xml" })),
      },
      "separator",
      {
        label: t("menu.page"),
        icon: "download",
        disabled: !inKernel,
        ...(!inKernel && { reason: t("menu.pageReason") }),
        onSelect: exportPage,
      },
      { label: t("menu.open"), icon: "open", onSelect: () => opening.open() },
      "separator",
      {
        label: t("header.present"),
        icon: "present",
        checked: state()?.present ?? false,
        onSelect: present,
      },
      {
        label: t("menu.teacher"),
        icon: "lock",
        onSelect: () => {
          const now = state();
          if (now) preparing.open(now);
        },
      },
    ];
  }

  function exportPage(): void {
    void explorer?.link.ask({ type: "export", kind: "html" }, { timeout: 30_000 }).then((answer) => {
      const part = answer?.buffers[0];
      if (!part || answer.message.type === "error") {
        problem(String(answer?.message["message"] ?? t("menu.pageReason")));
      } else {
        const bytes = new Uint8Array(part.buffer as ArrayBuffer, part.byteOffset, part.byteLength);
        save(String(answer.message["name"]), new Blob([bytes], { type: "text/html" }));
      }
    });
  }

  function present(): void {
    const on = !state()?.present;
    view({ present: on });
    if (on) void root.requestFullscreen?.().catch(() => undefined);
    else if (document.fullscreenElement === root) void document.exitFullscreen();
  }

  function save(name: string, file: Blob | null): void {
    if (!file) return problem(t("file.failed", { name }));
    saveFile(name, file);
    say(t("file.saved", { name }), true);
  }

  function said(ok: boolean): void {
    say(t(ok ? "copy.done" : "copy.refused"), true);
  }

  let announced = "";
  /** Words that go before what is spoken next. */
  function announce(text: string): void {
    announced = text;
  }

  /** Speaks to screen readers; `shown` also puts the words into the notice line. */
  function say(text: string, shown = false): void {
    setText(spoken, `${announced} ${text}`.trim());
    announced = "";
    if (shown) message.update({ kind: "info", text, onDismiss: clear });
  }

  let later: ReturnType<typeof setTimeout> | undefined;
  /** Speaks once the changes pause, so that what can be read aloud is never out of date. */
  function sayLater(text: string): void {
    clearTimeout(later);
    if (stepper.playing || (!announced && spoken.textContent?.endsWith(text))) return;
    later = setTimeout(() => say(text), 700);
  }

  function clear(): void {
    message.update({ kind: null, text: "" });
  }

  function problem(text: string): void {
    const words = text === "no-webassembly" ? t("engine.refused") : text === "picture-missing" ? t("picture.missing") : text;
    if (started) {
      message.update({ kind: "error", text: words, onDismiss: clear });
      return;
    }
    root.dataset["ready"] = "error";
    waiting.update({ state: "error", text: words });
  }

  function progress(fraction: number | null, cancel: () => void): void {
    head.update({ badge: { state: fraction === null ? "ok" : "working", progress: fraction } });
    if (fraction === null) clear();
    else message.update({ kind: "progress", text: t("engine.working"), value: fraction, onCancel: cancel });
  }

  function update(now: AnyExplorer<C>, origin: Origin): void {
    const present = now.session.state;
    const { hidden, locked } = present;
    const locks = (key: string) => ({ hidden: hidden.includes(key), locked: locked.includes(key) });
    if (!started) {
      root.dataset["ready"] = "true";
      waiting.el.remove();
      stage.classList.remove("cw-unready");
    }
    started = true;
    if (message.el.dataset["kind"] === "error") clear();
    // Written only when it changes: every view looks at the theme again after each attribute set.
    if (root.classList.contains("cw-present") !== present.present) root.classList.toggle("cw-present");
    setAttribute(root, "data-view", present.view);
    codeBox.hidden = present.view !== "code";
    stage.hidden = present.view === "code";
    if (present.view === "code") code.update({ tabs: options.code() });
    head.update({
      tab: present.view,
      badge: badgeOf(origin),
      actions: {
        keep: { pressed: present.kept !== null, ...locks("keep") },
        undo: { disabled: !now.session.canUndo },
        redo: { disabled: !now.session.canRedo },
        reset: { disabled: now.session.isAtStart, ...locks("reset") },
        share: locks("share"),
      },
    });
    controls.update({ speed: present.speed, ...locks("player") });
    pictures.update({
      value: present.image.name || null,
      text: present.image.label || present.image.name.replaceAll("_", " ") || t("picture.own"),
      groups: pictureGroups(present.pictures),
      ...locks("image"),
    });
    display.update({ value: present.display, ...locks("display") });
    const small = Math.max(...present.image.shape.slice(0, 2)) <= 16;
    paintTools.hidden = !small || hidden.includes("image") || locked.includes("image");
    if (!small) painting = false;
    brush.update({ value: painting });
    scheduleStill();
  }

  let still: ReturnType<typeof setTimeout> | undefined;
  /** A second after the last change, the kernel renews the picture that stays when it is gone. */
  function scheduleStill(): void {
    clearTimeout(still);
    still = setTimeout(() => explorer?.link.tell({ type: "still" }), 1000);
  }

  return {
    stage,
    stepper,
    player: controls,
    picturePicker: pictures.el,
    displayPicker: display.el,
    paintTools,
    /** The value that a drag over cells leaves, or null while cells are not painted. */
    brush: () => (painting ? ink : null),
    paintCell,
    announce,
    say,
    sayLater,
    problem,
    progress,
    update,
    attach(next: AnyExplorer<C>, of: Model) {
      explorer = next;
      model = of;
      if (of.get("host") === "page") leaving = surviveReload(options.kind, changed, resume);
    },
    destroy: (() => {
      leaving?.();
      clearTimeout(still);
      clearTimeout(later);
      stepper.dispose();
      const parts = [controls, head, message, code, pictures, display, brush, inkField, adding, sharing, opening, preparing];
      for (const part of parts) part.destroy();
      root.remove();
    }) satisfies Dispose,
  };
}

function pictureGroups(names: readonly string[]) {
  const drawn = new Set(syntheticPictures.map(({ name }) => name));
  return [
    {
      label: t("picture.small"),
      items: syntheticPictures.map(({ name, title }) => ({ value: name, label: title })),
    },
    {
      label: t("picture.photos"),
      items: names
        .filter((name) => !drawn.has(name))
        .map((name) => ({ value: name, label: name.replaceAll("_", " ") })),
    },
    { label: t("picture.own"), items: [{ value: OWN, label: t("picture.add") }] },
  ].filter(({ items }) => items.length > 0);
}

function badgeOf({ engine, milliseconds, fallback }: Origin) {
  const ms = milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0);
  return {
    text: t("badge.engine", { engine: t(`engine.${engine}`), ms }),
    state: fallback ? ("fallback" as const) : ("ok" as const),
    title: fallback ? t(`fallback.${fallback}`) : t(`engine.${engine}.title`),
  };
}

function withoutMaps({ maps: _, ...descriptor }: Picture): PictureDescriptor {
  return descriptor;
}
