import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { t, wholeNumber } from "../../src/words";

test("placeholders are filled in", () => {
  assert.equal(t("player.place", { index: "1", count: "65,536" }), "1 / 65,536");
  assert.equal(t("field.between", { label: "Stride", min: 1, max: 8 }), "Stride must be between 1 and 8.");
  assert.equal(t("header.keep"), "Keep");
});

test("what is filled in is never read as a pattern", () => {
  assert.equal(t("picker.none", { text: "$& {text}" }), "Nothing is called “$& {text}”.");
});

test("whole numbers have separators and a true minus", () => {
  assert.equal(wholeNumber(262144), "262,144");
  assert.equal(wholeNumber(-1024), "−1,024");
});

test("every key that a view asks for by name is used as written in the catalogue", () => {
  const catalogue = readFileSync("src/words.ts", "utf8");
  const sources = ["src/views", "src/widgets"].flatMap((folder) =>
    readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, "utf8")),
  );
  const asked = sources.flatMap((source) => [...source.matchAll(/\bt\("([^"]+)"/g)].map(([, key]) => key));
  assert.ok(asked.length > 100);
  for (const key of asked) assert.ok(catalogue.includes(`"${key}":`), `${key} is not in the catalogue`);
});

test("no word of the catalogue's first block has lost its reader", () => {
  const catalogue = readFileSync("src/words.ts", "utf8");
  const chrome = catalogue.slice(catalogue.indexOf("// chrome"), catalogue.indexOf("// end of chrome"));
  const sources = ["src/views", "src/widgets"].flatMap((folder) =>
    readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, "utf8")),
  );
  const keys = [...chrome.matchAll(/^ {2}"([^"]+)":/gm)].map(([, key]) => key as string);
  for (const key of keys) {
    const stem = key.replace(/\.(one|other)$/, "");
    assert.ok(sources.some((source) => source.includes(`"${key}"`) || source.includes(`"${stem}"`)), `${key} is not used`);
  }
});
