/** What the gradient explorer is fed with: an input, a kernel, a loss. */
import { select } from "../views/controls";
import { picker } from "../views/picker";
import { t } from "../words";
import { type GradientSettings, INPUTS, LARGEST_KERNEL, type Loss, inputMatrix } from "./gradient_state";
import { paintThumb } from "./kernel_panel";
import { type KernelState, gallery, galleryKernel } from "./kernels";

const OWN = "own";
const SURPRISE = "…surprise";

/** A list that is told what is chosen and whether it may be used. */
interface Chooser<P> {
  el: HTMLElement;
  update(props: P & { hidden: boolean; locked: boolean }): void;
  destroy(): void;
}

export function inputPicker(onPick: (name: string) => void): Chooser<Pick<GradientSettings, "image" | "seed">> {
  const view = picker<string>({
    label: t("control.image"),
    hideLabel: true,
    value: null,
    groups: [
      {
        label: t("picture.small"),
        items: INPUTS.map(({ name, title }) => ({
          value: name,
          label: title,
          thumb: (canvas) => paintThumb(canvas, inputMatrix({ image: name, seed: 1 })),
        })),
      },
    ],
    onPick,
  });
  return {
    el: view.el,
    update({ image, seed: _, ...locks }) {
      const named = typeof image === "string";
      view.update({ value: named ? image : null, text: named ? null : t("gradient.ownInput"), ...locks });
    },
    destroy: () => view.destroy(),
  };
}

export interface KernelChoice {
  kernel: KernelState;
  /** The kernel is a secret: its name is not told. */
  secret: boolean;
}

/** Chooses of the gallery's kernels that are small enough; `surprise` lets the page choose and not tell. */
export function kernelPicker(onPick: (name: string, surprise: boolean) => void, surprise: boolean): Chooser<KernelChoice> {
  const fitting = gallery.filter(({ values }) => Math.max(values.length, values[0]?.length ?? 0) <= LARGEST_KERNEL);
  const groups = [...new Set(fitting.map(({ group }) => group))].map((group) => ({
    label: group,
    items: fitting
      .filter((kernel) => kernel.group === group)
      .map(({ name, title, values }) => ({
        value: name,
        label: title,
        thumb: (canvas: HTMLCanvasElement) => paintThumb(canvas, values),
      })),
  }));
  const view = picker<string>({
    label: t("kernel.gallery"),
    hideLabel: true,
    value: null,
    columns: 2,
    groups: surprise ? [{ label: t("gradient.secret"), items: [{ value: SURPRISE, label: t("gradient.surprise") }] }, ...groups] : groups,
    onPick(name) {
      if (name !== SURPRISE) return onPick(name, false);
      const drawn = fitting[Math.floor(Math.random() * fitting.length)];
      if (drawn) onPick(drawn.name, true);
    },
  });
  return {
    el: view.el,
    update({ kernel, secret, ...locks }) {
      const known = secret ? null : galleryKernel(kernel);
      const text = known ? null : t(secret ? "gradient.hiddenKernel" : "kernel.custom");
      view.update({ value: known?.name ?? null, text, ...locks });
    },
    destroy: () => view.destroy(),
  };
}

export function lossPicker(onPick: (loss: Loss | null) => void): Chooser<Pick<GradientSettings, "upstream">> {
  const view = select<Loss | typeof OWN>({
    label: t("control.upstream"),
    hideLabel: true,
    options: (["ones", "cell", "squares", OWN] as const).map((value) => ({ value, label: t(`gradient.loss.${value}`) })),
    value: "ones",
    onChange: (value) => onPick(value === OWN ? null : value),
  });
  view.el.dataset["control"] = "upstream";
  return {
    el: view.el,
    update: ({ upstream, ...locks }) => view.update({ value: typeof upstream === "string" ? upstream : OWN, ...locks }),
    destroy: () => view.destroy(),
  };
}
