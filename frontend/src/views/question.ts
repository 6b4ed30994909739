import { type View, fill, h, setAttribute, setText, uid } from "./dom";
import { button } from "./button";
import { segmented } from "./segmented";
import { numberInput } from "./numberInput";
import { t } from "../words";

/** What a learner fills in: a number, or one of a few. */
export type Blank =
  | { kind: "number"; label: string }
  | { kind: "choice"; label: string; options: readonly { value: string; label: string }[] };

export type Answer = number | string;

export interface QuestionProps {
  /** What is asked, with its blanks; null shows nothing. */
  asked: { text: string; blanks: readonly Blank[] } | null;
  /** What the answer was worth, once it is given. */
  reply: { right: boolean; text: string } | null;
}

export interface QuestionOptions {
  onCommit(answers: Answer[]): void;
}

/** A question that is answered before the answer is shown. */
export function question({ onCommit }: QuestionOptions): View<QuestionProps> {
  const text = h("p", { class: "cw-question-text", id: uid("question") });
  const blanks = h("div", { class: "cw-question-blanks" });
  const commit = button({ label: t("predict.commit"), onClick: send });
  const verdict = h("p", { class: "cw-question-reply", role: "status", id: uid("reply") });
  const el = h(
    "form",
    {
      class: "cw-question",
      "aria-labelledby": text.id,
      hidden: true,
      onsubmit: (event: Event) => event.preventDefault(),
    },
    text,
    h("div", { class: "cw-question-row" }, blanks, commit.el),
    verdict,
  );
  // Heard before the field, which keeps its keys to itself.
  el.addEventListener("keydown", enter, true);
  let asked: QuestionProps["asked"] = null;
  let answers: (Answer | null)[] = [];
  let parts: { destroy(): void; lock(locked: boolean): void }[] = [];

  function build(): void {
    for (const part of parts) part.destroy();
    answers = (asked?.blanks ?? []).map(() => null);
    parts = [];
    fill(blanks, (asked?.blanks ?? []).map((blank, index) => make(blank, index)));
  }

  function make(blank: Blank, index: number): HTMLElement {
    if (blank.kind === "choice") {
      const choice = segmented<string>({
        label: blank.label,
        hideLabel: true,
        options: blank.options,
        value: "",
        onChange: (value) => {
          answers[index] = value;
          choice.update({ value });
          ready();
        },
      });
      parts.push({ destroy: () => choice.destroy(), lock: (locked) => choice.update({ disabled: locked }) });
      return choice.el;
    }
    const id = uid("blank");
    const field = numberInput({
      id,
      name: blank.label,
      describedBy: verdict.id,
      rule: () => ({ label: blank.label, min: -Infinity, max: Infinity, whole: false, step: 1 }),
      onTyped: (value) => take(index, value),
      onCommit: (value) => take(index, value),
      onProblem: (problem) => problem && setText(verdict, problem),
    });
    parts.push({ destroy: () => field.el.remove(), lock: (locked) => field.setUsable(!locked) });
    return h("label", { class: "cw-question-blank", for: id }, h("span", {}, blank.label), field.el);
  }

  function take(index: number, value: number): void {
    answers[index] = value;
    ready();
  }

  function ready(): void {
    commit.update({ disabled: answers.includes(null) });
  }

  function enter(event: KeyboardEvent): void {
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) send();
  }

  function send(): void {
    if (!answers.includes(null)) onCommit(answers as Answer[]);
  }

  return {
    el,
    update(patch) {
      if (patch.asked !== undefined) {
        const fresh = JSON.stringify(patch.asked) !== JSON.stringify(asked);
        asked = patch.asked;
        el.hidden = asked === null;
        setText(text, asked?.text ?? "");
        if (fresh) build();
        ready();
      }
      if (patch.reply !== undefined) {
        const { reply } = patch;
        setText(verdict, reply?.text ?? "");
        setAttribute(el, "data-verdict", reply && (reply.right ? "right" : "wrong"));
        for (const part of parts) part.lock(reply !== null);
        if (reply) commit.update({ disabled: true });
      }
    },
    destroy() {
      for (const part of parts) part.destroy();
      commit.destroy();
      el.remove();
    },
  };
}
