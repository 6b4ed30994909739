/** The teacher's switches: which controls a learner sees and may use. */
import { segmented } from "../views/controls";
import { type DialogView, dialog } from "../views/dialog";
import { h } from "../views/dom";
import { t } from "../words";

interface Switches {
  hidden: readonly string[];
  locked: readonly string[];
}

export interface TeacherOptions {
  controls(): readonly { key: string; label: string }[];
  onChange(change: { hidden: string[]; locked: string[] }): void;
}

export function teacherDialog({ controls, onChange }: TeacherOptions): Omit<DialogView, "open"> & { open(now: Switches): void } {
  let now: Switches = { hidden: [], locked: [] };
  const view = dialog({ title: t("teacher.title"), content });

  function content() {
    const all = controls();
    const chosen = new Map(
      all.map(({ key }) => [key, now.hidden.includes(key) ? "hidden" : now.locked.includes(key) ? "locked" : "free"]),
    );
    const keys = (kind: string) => all.map(({ key }) => key).filter((key) => chosen.get(key) === kind);
    const rows = all.map(({ key, label }) => {
      const choice = segmented({
        label,
        options: (["free", "locked", "hidden"] as const).map((value) => ({ value, label: t(`teacher.${value}`) })),
        value: chosen.get(key) as "free" | "locked" | "hidden",
        onChange: (value) => {
          chosen.set(key, value);
          choice.update({ value });
          onChange({ hidden: keys("hidden"), locked: keys("locked") });
        },
      });
      return choice.el;
    });
    return { body: [h("p", { class: "cw-dialog-note" }, t("teacher.note")), h("div", { class: "cw-teacher" }, rows)] };
  }

  return {
    ...view,
    open(switches) {
      now = switches;
      view.open();
    },
  };
}
