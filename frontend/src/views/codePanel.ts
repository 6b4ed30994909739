import { type View, fill, h, setAttribute, setText } from "./dom";
import { type Token, pythonTokens } from "./pythonTokens";
import { type Option, segmented } from "./segmented";
import { copyText } from "./clipboard";
import { t } from "../words";

export interface CodeTab<Tab extends string = string> extends Option<Tab> {
  code: string;
}

export interface CodePanelProps<Tab extends string> {
  tabs: readonly CodeTab<Tab>[];
  tab: Tab;
}

export interface CodePanelOptions<Tab extends string> extends CodePanelProps<Tab> {
  onTab?(tab: Tab): void;
}

const FEEDBACK = 1600;

/** The same computation in the words of several libraries, to copy. */
export function codePanel<Tab extends string>(options: CodePanelOptions<Tab>): View<CodePanelProps<Tab>> {
  let { tabs, tab } = options;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let shown = "";
  const choice = segmented<Tab>({
    label: t("code.label"),
    hideLabel: true,
    options: tabs,
    value: tab,
    onChange: (value) => {
      tab = value;
      show();
      options.onTab?.(value);
    },
  });
  const code = h("code", { class: "cw-code-text" });
  const pre = h("pre", { class: "cw-code", tabindex: 0, onkeydown: (event) => event.stopPropagation() }, code);
  // Each answer has its own copy in the same place, so that the button is as wide as the longest.
  const states = { idle: t("code.copy"), done: t("code.copied"), failed: t("code.copyFailed") };
  const copy = h(
    "button",
    { class: "cw-button cw-button-plain cw-copy", type: "button", "data-state": "idle", onclick: () => void copyCode() },
    Object.entries(states).map(([state, words]) => h("span", { "data-for": state, "aria-hidden": "true" }, words)),
  );
  setAttribute(copy, "aria-label", states.idle);
  const said = h("span", { class: "cw-spoken", role: "status" });
  const el = h("div", { class: "cw-code-panel" }, h("div", { class: "cw-code-head" }, choice.el, h("span", { class: "cw-spacer" }), copy, said), pre);

  function show(): void {
    const text = tabs.find(({ value }) => value === tab)?.code ?? "";
    if (text === shown) return;
    shown = text;
    fill(code, pythonTokens(text).map(paint));
  }

  async function copyCode(): Promise<void> {
    const state = (await copyText(shown)) ? "done" : "failed";
    if (state === "failed") getSelection()?.selectAllChildren(code);
    setAttribute(copy, "data-state", state);
    setText(said, states[state]);
    clearTimeout(timer);
    timer = setTimeout(() => {
      setAttribute(copy, "data-state", "idle");
      setText(said, "");
    }, FEEDBACK);
  }

  show();

  return {
    el,
    update(patch) {
      if (patch.tabs !== undefined) {
        tabs = patch.tabs;
        // Another widget's libraries: the first of them.
        if (!tabs.some(({ value }) => value === tab)) tab = tabs[0]?.value ?? tab;
        choice.update({ options: tabs, value: tab });
      }
      if (patch.tab !== undefined) {
        tab = patch.tab;
        choice.update({ value: tab });
      }
      show();
    },
    destroy() {
      clearTimeout(timer);
      choice.destroy();
      el.remove();
    },
  };
}

function paint({ kind, text }: Token): Node {
  return kind === "plain" ? document.createTextNode(text) : h("span", { class: `cw-code-${kind}` }, text);
}
