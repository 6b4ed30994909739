/** Prediction: a learner commits an answer before the page shows it, and hears what went wrong. */
import { type Answer, type Blank, question } from "../views/question";
import { same } from "./session";

/** Something that a learner can predict about the present settings. */
export interface Question {
  key: string;
  /** Its name in the menu. */
  label: string;
  /** What is asked now, or null while it makes no sense. */
  ask(): { text: string; blanks: readonly Blank[] } | null;
  /** What an answer is worth; words for a wrong one name what may lie behind it. */
  reply(answers: readonly Answer[]): { right: boolean; text: string };
}

export interface PredictionOptions {
  questions: readonly Question[];
  /** An answer was given: what it covered may be seen. */
  onChange(): void;
  onReply(text: string): void;
}

/** The question that the state names; it is open until answered, and once more when settings change. */
export function prediction({ questions, onChange, onReply }: PredictionOptions) {
  const view = question({ onCommit: commit });
  let current: Question | null = null;
  let settings: object = {};
  /** The settings that the last answer was about. */
  let answered: object | null = null;

  function commit(answers: Answer[]): void {
    if (!current) return;
    const reply = current.reply(answers);
    answered = settings;
    view.update({ reply });
    onReply(reply.text);
    onChange();
  }

  return {
    el: view.el,
    /** The key of the question that waits for an answer, or null. */
    open: () => (current && !answered ? current.key : null),
    update(key: string, now: object): void {
      const next = questions.find((question) => question.key === key) ?? null;
      const asked = next?.ask() ?? null;
      if (next !== current || !same(now, settings)) {
        answered = null;
        view.update({ reply: null });
      }
      settings = now;
      current = asked && next;
      if (!answered) view.update({ asked });
    },
    destroy: () => view.destroy(),
  };
}
