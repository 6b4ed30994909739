/** The same computation in code, by library. */
export function codeTabs(widget: string, settings: object): { value: string; label: string; code: string }[] {
  return [{ value: "numpy", label: "NumPy", code: `# ${widget} ${Object.keys(settings).length}` }];
}
