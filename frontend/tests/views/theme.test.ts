import assert from "node:assert/strict";
import { test } from "node:test";
import { cellInk, roomFor, typeSize } from "../../src/views/cellInk";
import {
  LIGHT,
  type RGB,
  type Theme,
  colourOf,
  contrast,
  css,
  inkOn,
  luminance,
  mix,
  palette,
  pixel,
  quietInkOn,
  scaleRange,
} from "../../src/views/theme";

const DARK: Theme = {
  ...LIGHT,
  dark: true,
  background: [22, 24, 29],
  panel: [30, 33, 38],
  ink: [232, 234, 238],
};

function read(hex: string): RGB {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as RGB;
}

test("zero of a signed scale has a step of its own: light on a light page, dark on a dark one", () => {
  const scale = { kind: "signed", low: -3, high: 5 } as const;
  assert.deepEqual(scaleRange(scale), [-5, 5]);
  for (const dark of [false, true]) {
    const { colours } = palette("signed", dark);
    assert.deepEqual(colourOf(0, scale, dark), colours[(colours.length - 1) / 2]);
  }
  assert.ok(luminance(colourOf(0, scale, false)) > 0.85);
  assert.ok(luminance(colourOf(0, scale, true)) < 0.03);
});

test("both arms of the signed scale are equally strong and grow steadily", () => {
  for (const dark of [false, true]) {
    const { colours } = palette("signed", dark);
    const middle = (colours.length - 1) / 2;
    let before = luminance(colours[middle] as RGB);
    for (let i = 15; i <= middle; i += 15) {
      const [blue, orange] = [colours[middle - i], colours[middle + i]].map((colour) =>
        luminance(colour as RGB),
      ) as [number, number];
      assert.ok(Math.abs(blue - orange) < 0.06, `${dark} ${i}`);
      assert.ok(dark ? blue > before : blue < before);
      before = blue;
      const [left, right] = [colours[middle - i] as RGB, colours[middle + i] as RGB];
      assert.ok(left[2] > left[0] && right[0] > right[2], "blue below, orange above");
    }
  }
});

test("values outside of a scale take its ends; NaN and the infinities have colours of their own", () => {
  const grey = { kind: "grey", low: 0, high: 255 } as const;
  assert.deepEqual(colourOf(-9, grey, false), [0, 0, 0]);
  assert.deepEqual(colourOf(300, grey, false), [255, 255, 255]);
  assert.deepEqual(colourOf(128, grey, false), [128, 128, 128]);
  const special = [NaN, Infinity, -Infinity].map((value) => css(colourOf(value, grey, false)));
  assert.equal(new Set([...special, "#000000", "#ffffff"]).size, 5);
});

test("an empty scale still has a range", () => {
  assert.deepEqual(scaleRange({ kind: "grey", low: 4, high: 4 }), [4, 5]);
  assert.deepEqual(scaleRange({ kind: "signed", low: 0, high: 0 }), [-1, 1]);
});

test("every number can be read on its cell, however the cell is tinted, faded or padded", () => {
  const fills = [
    ...palette("grey", false).colours,
    ...palette("signed", false).colours,
    ...palette("signed", true).colours,
  ];
  for (const theme of [LIGHT, DARK]) {
    for (const fill of fills.filter((_, i) => i % 3 === 0)) {
      assert.ok(contrast(fill, inkOn(fill)) >= 4.5 && contrast(fill, quietInkOn(fill)) >= 4.5);
      for (const padding of [false, true]) {
        for (const faded of [false, true]) {
          const ink = cellInk(fill, { padding, faded, tint: theme.roles.kernel, strength: 0.7 }, theme);
          assert.ok(contrast(read(ink.fill), read(ink.text)) >= 4.5, JSON.stringify([fill, padding, faded]));
        }
      }
    }
  }
});

test("colours become text and little-endian pixels", () => {
  assert.equal(css([1, 171, 255]), "#01abff");
  assert.equal(pixel([1, 2, 3]), 0xff030201);
  assert.deepEqual(mix([0, 0, 0], [255, 100, 50], 0.5), [128, 50, 25]);
});

test("numbers go where they could not be read", () => {
  assert.equal(typeSize(10, 3, 1), null);
  assert.ok((typeSize(24, 3, 1) ?? 0) >= 8);
  for (let characters = 1; characters < 8; characters++) {
    for (const scale of [1, 1.5]) {
      const side = Math.max(24 * scale, roomFor(characters, scale));
      assert.ok((typeSize(side, characters, scale) ?? 0) >= 8 * scale, `${characters} characters`);
    }
  }
});
