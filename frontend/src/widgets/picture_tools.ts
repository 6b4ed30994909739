/** What explorers of a picture have beside the rest: its choice, its display, and painting on its cells. */
import { numberField, select, toggle } from "../views/controls";
import { h } from "../views/dom";
import { picker } from "../views/picker";
import { pictureDialog } from "../views/pictureDialog";
import { t } from "../words";
import type { Hands } from "./control_list";
import type { PictureState } from "./explorer";
import type { KernelLink } from "./kernel_link";
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
import type { Patch } from "./session";
import type { Display } from "./view_state";

type Settings = { image: PictureDescriptor };

export interface PictureToolsOptions<C extends Settings> {
  hands: Hands<PictureState<C>>;
  link(): KernelLink | null;
  settings(): C | null;
  /** The picture that is shown. */
  picture(): Picture | null;
  maxSize(): number;
  /** The smallest change that makes settings fit their picture. */
  repair(settings: C): Partial<C>;
  repaint(): void;
  say(text: string): void;
  problem(text: string): void;
}

const DISPLAYS: readonly Display[] = ["auto", "signed", "grey", "clip", "abs", "offset"];
const OWN = "…own";

export function pictureTools<C extends Settings>(options: PictureToolsOptions<C>) {
  const { hands } = options;
  const set = (patch: Partial<PictureState<Settings>>) => hands.set(patch as unknown as Partial<PictureState<C>>);
  let painting = false;
  let ink = 1;

  const adding = pictureDialog({ maxSize: 512, onPicture: (pixels) => give(ownPicture(pixels)) });
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
    onChange: (value) => set({ display: value }),
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

  function usePicture(name: string): void {
    const synthetic = syntheticPicture(name);
    if (!synthetic) return void usePhoto(name);
    void synthetic.then(({ maps: _, ...descriptor }) => adopt(descriptor));
    options.link()?.tell({ type: "use_picture", name });
  }

  /** Asks for a picture that this page does not draw; false where nobody has it. */
  async function usePhoto(name: string): Promise<boolean> {
    const answer = await options.link()?.ask({ type: "use_picture", name }, { timeout: 60_000 });
    if (answer && answer.message.type !== "error") return true;
    options.problem(answer ? String(answer.message["message"]) : t("picture.unavailable", { name }));
    return false;
  }

  /** Shows another picture, and changes what would not fit it, saying so. */
  function adopt(image: PictureDescriptor): void {
    const settings = options.settings();
    if (!settings) return;
    const remedy = options.repair({ ...settings, image });
    set({ image, position: null, pinned: false, ...remedy });
    hands.settle();
    const changed = Object.entries(remedy).map(([key, value]) => `${key} = ${String(value)}`);
    if (changed.length > 0) options.say(t("picture.repaired", { changes: changed.join(", ") }));
  }

  function addPicture(): void {
    adding.update({ maxSize: options.maxSize() });
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
      options.link()?.tell({ type: "use_picture", name: descriptor.name });
      return;
    }
    const pixels = interleave(maps);
    const bytes = descriptor.dtype === "uint8" ? Uint8Array.from(pixels).buffer : pixels.buffer;
    options.link()?.tell({ type: "use_image", ...descriptor }, [bytes as ArrayBuffer]);
  }

  /** Sets one cell of a small picture. */
  function paintCell([row, column]: readonly [number, number], value: number, done: boolean): void {
    const shown = options.picture();
    if (!shown) return;
    const { maps, shape, dtype } = shown;
    if (row < 0 || column < 0 || row >= maps.height || column >= maps.width) return;
    const pixels = interleave(maps);
    const at = (row * maps.width + column) * maps.channels;
    const held = dtype === "uint8" ? Math.min(Math.max(Math.round(value), 0), 255) : value;
    if (pixels.subarray(at, at + maps.channels).every((old) => old === Math.fround(held))) {
      if (done) hands.settle();
      return;
    }
    pixels.fill(held, at, at + maps.channels);
    const descriptor = { name: "", label: t("paint.label"), shape, dtype, id: newPictureId() };
    const picture = remember(descriptor, pixels);
    hand(picture);
    set({ image: withoutMaps(picture) });
    if (done) hands.settle();
  }

  return {
    picker: pictures.el,
    display: display.el,
    paintTools,
    dialog: adding.el,
    /** The value that a drag over cells leaves, or null while cells are not painted. */
    brush: () => (painting ? ink : null),
    paintCell,
    /** The state as a file holds it: the picture by name, or as numbers. */
    stored({ pictures: _, ...rest }: PictureState<C>): Patch | null {
      const picture = options.picture();
      return picture && { ...rest, image: storedImage(picture, true) };
    },
    /** Whether the picture is small enough for a link. */
    fitsLink(): boolean {
      const picture = options.picture();
      return picture !== null && storedImage(picture, false) !== null;
    },
    /** Takes a saved state together with its picture, wherever that has to come from. */
    admit(patch: Patch, take: (patch: Patch) => string | null): string | null {
      const { image: named, ...rest } = patch;
      const image = adoptImage(named, []);
      if (!image && typeof named === "string") {
        // Whether the rest fits is known once its size is.
        void usePhoto(named).then((there) => {
          const outcome = there ? take(rest) : null;
          if (outcome !== null) options.problem(outcome);
        });
        return null;
      }
      const link = options.link();
      if (!image || !link) return take(rest);
      const whole = { ...rest, image };
      const outcome = hands.objection(whole as unknown as Partial<PictureState<C>>);
      if (outcome !== null) return outcome;
      // The kernel must know the pixels before it hears of the picture.
      void fetchPicture(image, link).then((picture) => {
        hand(picture);
        take(whole);
      });
      return null;
    },
    update(present: PictureState<C>): void {
      const { image, hidden, locked } = present;
      const locks = (key: string) => ({ hidden: hidden.includes(key), locked: locked.includes(key) });
      pictures.update({
        value: image.name || null,
        text: image.label || image.name.replaceAll("_", " ") || t("picture.own"),
        groups: pictureGroups(present.pictures),
        ...locks("image"),
      });
      display.update({ value: present.display, ...locks("display") });
      const small = Math.max(...image.shape.slice(0, 2)) <= 16;
      paintTools.hidden = !small || hidden.includes("image") || locked.includes("image");
      if (!small) painting = false;
      brush.update({ value: painting });
    },
    destroy(): void {
      for (const part of [pictures, display, brush, inkField, adding]) part.destroy();
    },
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

function withoutMaps({ maps: _, ...descriptor }: Picture): PictureDescriptor {
  return descriptor;
}
