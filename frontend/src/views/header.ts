import { type BadgeProps, badge } from "./badge";
import { type ButtonProps, button } from "./button";
import { type View, h, setText } from "./dom";
import type { IconName } from "./icons";
import { type MenuItem, menuButton } from "./menu";
import { type Option, segmented } from "./segmented";
import { t } from "../words";

export interface HeaderAction {
  id: string;
  label: string;
  icon?: IconName;
  iconOnly?: boolean;
  title?: string;
  onClick(): void;
}

export interface HeaderOptions<Tab extends string> {
  title: string;
  tabs: readonly Option<Tab>[];
  tab: Tab;
  onTab(tab: Tab): void;
  actions: readonly HeaderAction[];
  /** What the ⋯ button offers; asked each time it opens. */
  menu?(): readonly MenuItem[];
}

export interface HeaderProps<Tab extends string> {
  title: string;
  tab: Tab;
  tabs: readonly Option<Tab>[];
  badge: Partial<BadgeProps>;
  /** Changes to actions, by their ids. */
  actions: Readonly<Record<string, Partial<ButtonProps>>>;
}

/** The top of a widget: what it is, its views, who computed, what can be done with the whole. */
export function header<Tab extends string>(options: HeaderOptions<Tab>): View<HeaderProps<Tab>> {
  const title = h("h2", { class: "cw-title" }, options.title);
  const engine = badge();
  const tabs = segmented<Tab>({
    label: t("header.tabs"),
    hideLabel: true,
    options: options.tabs,
    value: options.tab,
    onChange: options.onTab,
  });
  tabs.el.classList.add("cw-tabs");
  tabs.el.hidden = options.tabs.length < 2;
  const actions = new Map(options.actions.map((action) => [action.id, button(action)]));
  const more = options.menu
    ? menuButton({ label: t("header.more"), icon: "more", items: options.menu })
    : null;
  const el = h(
    "header",
    { class: "cw-header" },
    title,
    tabs.el,
    h("span", { class: "cw-spacer" }),
    engine.el,
    h(
      "div",
      { class: "cw-actions", role: "group", "aria-label": t("header.actions") },
      [...actions.values()].map((action) => action.el),
      more?.el,
    ),
  );

  return {
    el,
    update(patch) {
      if (patch.title !== undefined) setText(title, patch.title);
      if (patch.badge !== undefined) engine.update(patch.badge);
      if (patch.tabs !== undefined) {
        tabs.update({ options: patch.tabs });
        tabs.el.hidden = patch.tabs.length < 2;
      }
      if (patch.tab !== undefined) tabs.update({ value: patch.tab });
      for (const [id, change] of Object.entries(patch.actions ?? {})) actions.get(id)?.update(change);
    },
    destroy() {
      for (const action of actions.values()) action.destroy();
      more?.destroy();
      tabs.destroy();
      engine.destroy();
      el.remove();
    },
  };
}
