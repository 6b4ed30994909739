/** Numbers as they are typed into a field, and the sentences that refuse them. */
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

/** Reads "−3", "1e-3" and "0,5" as well as what a program writes. */
export function readNumber(text: string, rule: NumberRule): Reading {
  const { label, min, max, whole } = rule;
  const plain = text.trim().replace(/[−–]/g, "-").replace(",", ".");
  const value = plain === "" ? NaN : Number(plain);
  if (!Number.isFinite(value)) {
    return { value: null, problem: t("field.notNumber", { label, text: text.trim().slice(0, 12) }) };
  }
  if (whole && !Number.isInteger(value)) return { value: null, problem: t("field.notWhole", { label }) };
  if (value < min || value > max) {
    return { value: null, problem: t("field.between", { label, min: writeNumber(min), max: writeNumber(max) }) };
  }
  return { value, problem: null };
}

/** At most seven significant digits: what a float32 holds. */
export function writeNumber(value: number): string {
  return String(Number(value.toPrecision(7))).replace("-", "−");
}

/** The nearest value that a step from `min` reaches. */
export function snap(value: number, min: number, max: number, step: number): number {
  const steps = Math.round((value - min) / step);
  return Math.min(max, Math.max(min, Number((min + steps * step).toPrecision(12))));
}
