/** The clipboard, where the page is allowed it. */

/** Copies text; false where neither the clipboard nor the old command is allowed. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

/** "⌘V" or "Ctrl V", as the keyboard has it. */
export function shortcut(letter: string): string {
  return /Mac|iPhone|iPad/.test(navigator.platform) ? `⌘${letter}` : `Ctrl ${letter}`;
}

/** Frames without the clipboard permission still obey this command within a click. */
function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  const active = document.activeElement;
  area.value = text;
  area.style.setProperty("position", "fixed");
  area.style.setProperty("opacity", "0");
  // Within a modal dialog only its own content can be focused.
  (active?.closest("dialog") ?? document.body).append(area);
  area.select();
  let copied = false;
  try {
    copied = document.execCommand("copy");
  } finally {
    area.remove();
    if (active instanceof HTMLElement) active.focus();
  }
  return copied;
}
