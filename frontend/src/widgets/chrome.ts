/** What all widgets share: header, notices, player, undo, prediction, sharing, teacher's switches. */
import type { Dispose, Model } from "../hosts/model";
import { codePanel } from "../views/codePanel";
import { h, setAttribute, setText } from "../views/dom";
import { header } from "../views/header";
import type { MenuItem } from "../views/menu";
import { notice } from "../views/notice";
import { openDialog } from "../views/openDialog";
import { placeholder } from "../views/placeholder";
import { player } from "../views/player";
import { saveFile } from "../views/saveFile";
import { shareDialog } from "../views/shareDialog";
import { t } from "../words";
import type { CodeTab } from "./code";
import type { Origin } from "./computer";
import { copyPicture, pngOf } from "./download";
import type { KernelLink } from "./kernel_link";
import { type Question, prediction } from "./prediction";
import { surviveReload } from "./reload";
import type { Patch, Session } from "./session";
import { linkFragment } from "./share";
import { Stepper } from "./stepper";
import { teacherDialog } from "./teacher";
import type { ViewSettings } from "./view_state";

/** What drives the widget: its state, its settings and its kernel. */
export interface Driver<S extends ViewSettings> {
  readonly session: Session<S>;
  readonly link: KernelLink;
  readonly settings: object;
  objection(change: object): string | null;
}

export interface ChromeOptions<S extends ViewSettings> {
  el: HTMLElement;
  /** The widget's kind, as the state names it. */
  kind: string;
  title: string;
  /** The views other than the code, if not those of the explorers of maps. */
  tabs?: Partial<Record<ViewSettings["view"], string>>;
  /** The parameters a teacher can hide or lock. */
  controls(): readonly { key: string; label: string }[];
  /** The places that the player walks over, and the one it stands on; 0 where there is nothing to play. */
  count(): number;
  index(): number;
  show(index: number, playing: boolean): void;
  /** What is saved as a picture and as a drawing; without a picture the drawing is made one. */
  exported(): { canvas: HTMLCanvasElement | null; svg: string | null };
  /** The same computation as code, by library. */
  code(): CodeTab[];
  /** What a learner can be asked to predict. */
  questions: readonly Question[];
  /** What else than the settings a question is about: when it changes, the question is open again. */
  subject?(): object;
  /** Takes note that answers are covered, or shown again. */
  repaint(): void;
  /** Lets go of what Escape lets go of; false where there is nothing. */
  release(): boolean;
  /** What a file holds in the place of the state; null while it cannot be had. */
  stored?(state: S): Patch | null;
  /** Whether a link may carry the state. */
  fitsLink?(): boolean;
  /** Admits a saved state; `take` sets what it is given, or says why it can't. */
  admit?(patch: Patch, take: (patch: Patch) => string | null): string | null;
}

/** What every widget has beside its own controls. */
const COMMON = ["player", "keep", "reset", "share"] as const;

export function chrome<S extends ViewSettings>(options: ChromeOptions<S>) {
  let driver: Driver<S> | null = null;
  let leaving: Dispose | null = null;
  let started = false;
  const state = (): S | null => driver?.session.state ?? null;
  const set = (patch: Partial<ViewSettings>) => driver?.session.set(patch as Partial<S>);

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
    onSpeed: (speed) => set({ speed }),
    maxSpeed: 14,
  });
  const head = header<ViewSettings["view"]>({
    title: options.title,
    tabs: (["explore", "step", "code"] as const).map((value) => ({ value, label: options.tabs?.[value] ?? t(`tab.${value}`) })),
    tab: "explore",
    onTab: (tab) => set({ view: tab }),
    actions: [
      { id: "keep", label: t("header.keep"), icon: "keep", title: t("keep.title"), onClick: keep },
      { id: "undo", label: t("header.undo"), icon: "undo", iconOnly: true, onClick: () => driver?.session.undo() },
      { id: "redo", label: t("header.redo"), icon: "redo", iconOnly: true, onClick: () => driver?.session.redo() },
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
  const sharing = shareDialog();
  const opening = openDialog({ onState: restore });
  const preparing = teacherDialog({
    controls: () => [...options.controls(), ...COMMON.map((key) => ({ key: key as string, label: t(`control.${key}`) }))],
    onChange: set,
  });
  const predicting = prediction({
    questions: options.questions,
    onChange: () => {
      cover();
      options.repaint();
    },
    onReply: (text) => say(text),
  });
  const root = h(
    "div",
    { class: "cw-root", "data-lm-suppress-shortcuts": "true", role: "group", "aria-label": options.title, onkeydown },
    head.el,
    message.el,
    predicting.el,
    waiting.el,
    stage,
    codeBox,
    controls.el,
    spoken,
    sharing.el,
    opening.el,
    preparing.el,
  );
  root.addEventListener("keydown", undoByKey, true);
  options.el.append(root);
  stage.classList.add("cw-unready");

  function onkeydown(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !options.release()) controls.handleKey(event);
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
    if (event.shiftKey) driver?.session.redo();
    else driver?.session.undo();
  }

  function keep(): void {
    if (driver) driver.session.set({ kept: driver.settings } as unknown as Partial<S>);
  }

  function reset(): void {
    stepper.pause();
    driver?.session.reset();
  }

  /** The state as a file or a link holds it. */
  function stateNow(): Patch | null {
    const now = state();
    const rest = now && (options.stored ? options.stored(now) : (now as unknown as Patch));
    return rest && { widget: options.kind, version: 1, ...rest, kept: null };
  }

  /** The state where anything of it differs from the start. */
  function changed(): Patch | null {
    return driver?.session.isAtStart ? null : stateNow();
  }

  function share(): void {
    const saved = stateNow();
    if (!saved || !driver) return;
    const fragment = (options.fitsLink?.() ?? true) ? linkFragment(saved) : null;
    const inPage = driver.link.available === false;
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
    const known = new Set(Object.keys(driver?.session.state ?? {}));
    const patch = Object.fromEntries(Object.entries(saved).filter(([key]) => known.has(key)));
    const take = (part: Patch): string | null => {
      const outcome = driver?.objection(part) ?? null;
      if (outcome === null) driver?.session.set(part as Partial<S>);
      return outcome;
    };
    return options.admit ? options.admit(patch, take) : take(patch);
  }

  /** Takes what was here before the page was reloaded. */
  function resume(saved: Patch): void {
    if (restore(saved) === null) say(t("reload.resumed"), true);
  }

  function menu(): readonly MenuItem[] {
    const { canvas, svg } = options.exported();
    const drawn = canvas ?? svg;
    const name = options.kind;
    const inKernel = driver?.link.available === true;
    return [
      { heading: t("menu.output") },
      {
        label: t("menu.copyPng"),
        icon: "copy",
        disabled: !drawn,
        onSelect: () => drawn && void copyPicture(drawn).then(said),
      },
      {
        label: t("menu.png"),
        icon: "download",
        disabled: !drawn,
        onSelect: () => drawn && void pngOf(drawn).then((file) => save(`${name}.png`, file)),
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
      ...(options.questions.length > 0 ? ["separator" as const, { heading: t("predict.menu") }] : []),
      ...options.questions.map(({ key, label }) => {
        const checked = state()?.predict === key;
        return { label, icon: "question" as const, checked, onSelect: () => set({ predict: checked ? "" : key }) };
      }),
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
    void driver?.link.ask({ type: "export", kind: "html" }, { timeout: 30_000 }).then((answer) => {
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
    set({ present: on });
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
    if (stepper.playing || predicting.open() || (!announced && spoken.textContent?.endsWith(text))) return;
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

  /** Shows the state; `origin` tells who computed what is shown. */
  function update(origin: Origin): void {
    const present = state();
    if (!driver || !present) return;
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
    predicting.update(present.predict, { ...driver.settings, ...options.subject?.() });
    cover();
    head.update({
      tab: present.view,
      badge: badgeOf(origin),
      actions: {
        keep: { pressed: present.kept !== null, ...locks("keep") },
        undo: { disabled: !driver.session.canUndo },
        redo: { disabled: !driver.session.canRedo },
        reset: { disabled: driver.session.isAtStart, ...locks("reset") },
        share: locks("share"),
      },
    });
    const player = locks("player");
    controls.update({ speed: present.speed, ...player, hidden: player.hidden || options.count() === 0 });
    scheduleStill();
  }

  /** Covers what would give away the answer of an open question. */
  function cover(): void {
    const open = predicting.open();
    setAttribute(root, "data-asked", open);
    for (const part of root.querySelectorAll<HTMLElement>("[data-answers]")) {
      const covered = open !== null && (part.dataset["answers"] as string).split(" ").includes(open);
      part.classList.toggle("cw-covered", covered);
      part.inert = covered;
    }
  }

  let still: ReturnType<typeof setTimeout> | undefined;
  /** A second after the last change, the kernel renews the picture that stays when it is gone. */
  function scheduleStill(): void {
    clearTimeout(still);
    still = setTimeout(() => driver?.link.tell({ type: "still" }), 1000);
  }

  return {
    root,
    stage,
    stepper,
    player: controls,
    announce,
    say,
    sayLater,
    problem,
    progress,
    update,
    /** The key of the question whose answer is covered, or null. */
    asked: () => predicting.open(),
    attach(next: Driver<S>, model: Model) {
      driver = next;
      if (model.get("host") === "page") leaving = surviveReload(options.kind, changed, resume);
    },
    destroy: (() => {
      leaving?.();
      clearTimeout(still);
      clearTimeout(later);
      stepper.dispose();
      for (const part of [controls, head, message, predicting, code, sharing, opening, preparing]) part.destroy();
      root.remove();
    }) satisfies Dispose,
  };
}

function badgeOf({ engine, milliseconds, fallback }: Origin) {
  const ms = milliseconds < 10 ? milliseconds.toFixed(1) : milliseconds.toFixed(0);
  return {
    text: t("badge.engine", { engine: t(`engine.${engine}`), ms }),
    state: fallback ? ("fallback" as const) : ("ok" as const),
    title: fallback ? t(`fallback.${fallback}`) : t(`engine.${engine}.title`),
  };
}
