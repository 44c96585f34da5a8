/**
 * Makes elements. Text only ever becomes text nodes and attributes, never markup, so nothing that a program
 * puts into a type or function name can act on the page.
 */

type Child = Node | string | null | undefined | false;
type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

const svgNamespace = "http://www.w3.org/2000/svg";

/** An HTML element; attributes that are undefined or false are left out, true ones are empty. */
export function html<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  fill(element, attributes, children);
  return element;
}

/** An SVG element, likewise. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(svgNamespace, tag);
  fill(element, attributes, children);
  return element;
}

/** A button that acts; its name is its text or `aria-label`. */
export function button(attributes: Attributes, act: () => void, ...children: Child[]): HTMLButtonElement {
  const element = html("button", { type: "button", ...attributes }, ...children);
  element.addEventListener("click", act);
  return element;
}

function fill(element: Element, attributes: Attributes, children: readonly Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child) element.append(child);
  }
}

/** A small drawing in the text's colour, from a path on a 16 × 16 grid. */
export function icon(path: string): SVGSVGElement {
  return svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: path }));
}

export const icons = {
  stop: "M4 4h8v8H4z",
  restart: "M8 3a5 5 0 1 0 4.6 3h-1.7A3.4 3.4 0 1 1 8 4.6V7l4-3.2L8 .6z",
  copy: "M5 2h8v10h-2v2H3V4h2zm1.5 1.5v7h5v-7zM5 5.5h-.5v7h5V12H5z",
  search: "M7 2a5 5 0 0 1 4 8l3 3-1 1-3-3a5 5 0 1 1-3-9m0 1.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7",
  zoomIn: "M7.2 3h1.6v4.2H13v1.6H8.8V13H7.2V8.8H3V7.2h4.2z",
  zoomOut: "M3 7.2h10v1.6H3z",
  fit: "M2 5V2h3v1.4H3.4V5zm9-3h3v3h-1.4V3.4H11zM2 11h1.4v1.6H5V14H2zm10.6 0H14v3h-3v-1.4h1.6zM6 6h4v4H6z",
  warning: "M8 1.5 15 14H1zM7.2 6v4h1.6V6zm0 5v1.6h1.6V11z",
  check: "M6.4 12.2 2.6 8.4l1.1-1.1 2.7 2.7 5.9-6 1.1 1.1z",
} as const;
