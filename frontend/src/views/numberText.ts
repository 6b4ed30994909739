/** Numbers as they are typed into a field, and the sentences that refuse them. */
import { exactText, parseNumber } from "./format";
import { t } from "../words";

export interface NumberRule {
  /** Names the value in the sentence that refuses it. */
  label: string;
  min: number;
  max: number;
  /** Only whole numbers are taken. */
  whole: boolean;
}

export type Reading = { value: number; problem: null } | { value: null; problem: string };

/** Reads a number as a learner types it, or says in a sentence why it cannot be taken. */
export function readNumber(text: string, rule: NumberRule): Reading {
  const { label, min, max, whole } = rule;
  const value = parseNumber(text);
  if (typeof value === "string") return { value: null, problem: t(`number.${value}`) };
  if (whole && !Number.isInteger(value)) return { value: null, problem: t("field.notWhole", { label }) };
  if (value < min || value > max) {
    return { value: null, problem: t("field.between", { label, min: exactText(min), max: exactText(max) }) };
  }
  return { value, problem: null };
}

/** The nearest value that a step from `min` reaches. */
export function snap(value: number, min: number, max: number, step: number): number {
  const steps = Math.round((value - min) / step);
  return Math.min(max, Math.max(min, Number((min + steps * step).toPrecision(12))));
}
