import assert from "node:assert/strict";
import { test } from "node:test";
import { pythonTokens } from "../../src/views/pythonTokens";

const kinds = (source: string) =>
  pythonTokens(source)
    .filter(({ kind }) => kind !== "plain")
    .map(({ kind, text }) => [kind, text]);

test("comments, texts, numbers and words of the language are told apart", () => {
  assert.deepEqual(kinds('for i in x1[2:]:  # in "a"\n    y = "# 3" + f\'{i}\' + 1e-3'), [
    ["keyword", "for"],
    ["keyword", "in"],
    ["number", "2"],
    ["comment", '# in "a"'],
    ["string", '"# 3"'],
    ["string", "f'{i}'"],
    ["number", "1e-3"],
  ]);
});

test("names that hold a word of the language stay names", () => {
  assert.deepEqual(kinds("import_ = x.is_ + format.None_ + torch.nn.functional.pad2d"), []);
});

test("texts over several lines and texts left open end where they end", () => {
  assert.deepEqual(kinds('"""a\n# b"""'), [["string", '"""a\n# b"""']]);
  assert.deepEqual(kinds('x = "open\ny = 1'), [["string", '"open'], ["number", "1"]]);
});

test("the tokens joined are the text again", () => {
  for (const source of ["", "\n\n", "a = 'b' # ü\n\t<b>&amp;</b>", '"', "'''", "0x1f 1_000 .5 5. 1.e3"]) {
    assert.equal(pythonTokens(source).map(({ text }) => text).join(""), source);
  }
});
