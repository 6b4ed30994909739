/** The lanes as one drawing, to be saved: their shapes with the styles that the page gives them. */
const STYLES = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linejoin", "paint-order", "opacity", "display", "visibility", "font-size", "font-weight", "text-anchor", "transform"];
const GAP = 12;

/** SVG text of all plots within an element, one below the other; null where none is drawn. */
export function lanesDrawing(lanes: HTMLElement): string | null {
  const plots = [...lanes.querySelectorAll<SVGSVGElement>(".cw-stems, .cw-curves")].filter((plot) => plot.getClientRects().length > 0);
  const [first] = plots;
  if (!first) return null;
  const whole = first.cloneNode(false) as SVGSVGElement;
  const width = Math.max(...plots.map((plot) => plot.clientWidth));
  let top = GAP;
  for (const plot of plots) {
    const copy = plot.cloneNode(true) as SVGSVGElement;
    const [from, to] = [plot.querySelectorAll("*"), copy.querySelectorAll("*")];
    from.forEach((node, i) => dress(node, to[i] as Element));
    copy.setAttribute("y", String(top));
    copy.setAttribute("overflow", "visible");
    whole.append(copy);
    top += plot.clientHeight + GAP;
  }
  for (const { name } of [...whole.attributes]) whole.removeAttribute(name);
  whole.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  whole.setAttribute("viewBox", `${-GAP} 0 ${width + 2 * GAP} ${top}`);
  whole.setAttribute("font-family", "system-ui, sans-serif");
  return new XMLSerializer().serializeToString(whole);
}

function dress(from: Element, to: Element): void {
  const styles = getComputedStyle(from);
  for (const name of STYLES) {
    const value = styles.getPropertyValue(name);
    if (value && value !== "none") (to as SVGElement).style.setProperty(name, value);
    else if (name === "fill" || name === "stroke") to.setAttribute(name, "none");
  }
  for (const name of ["class", "role", "tabindex"]) to.removeAttribute(name);
}
