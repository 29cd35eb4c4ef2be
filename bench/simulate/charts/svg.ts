/** An element of SVG, with what stands in it. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly string[]
): string {
  const said = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? short(value) : escaped(value)}"`)
    .join('');
  return children.length === 0
    ? `<${name}${said}/>`
    : `<${name}${said}>${children.join('')}</${name}>`;
}

/** Words at a place. */
export function text(
  content: string,
  x: number,
  y: number,
  attributes: Readonly<Record<string, string | number>> = {},
): string {
  return element('text', { x, y, ...attributes }, escaped(content));
}

type Point = readonly [number, number] | undefined;

/** A line through points, with a gap where there is none. What lies level between its neighbours is left out. */
export function line(points: readonly Point[], kind: string): string {
  let d = '';
  for (const [index, point] of points.entries()) {
    if (!point) continue;
    const [before, after] = [points[index - 1], points[index + 1]];
    const isLevel = [before, after].every((other) => other && short(other[1]) === short(point[1]));
    if (!isLevel) d += `${before ? 'L' : 'M'}${short(point[0])} ${short(point[1])}`;
  }
  return element('path', { class: `line ${kind}`, d });
}

/** To a tenth of a pixel, so that the same figures are the same bytes. */
export function short(value: number): string {
  return String(Math.round(10 * value) / 10);
}

/** What is said as it is, wherever it stands. */
export function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

/**
 * A picture on a ground of its own, so that it can be read wherever it is shown; light or dark as its reader has it. The
 * colours are of Okabe and Ito's, which the colour-blind can tell apart too.
 */
export function picture(
  width: number,
  height: number,
  label: string,
  ...children: string[]
): string {
  const ground = { class: 'ground', x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 10 };
  const attributes = { xmlns: 'http://www.w3.org/2000/svg', width, height };
  return `${element(
    'svg',
    { ...attributes, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label },
    element('style', {}, style),
    element('rect', ground),
    ...children,
  )}\n`;
}

const style = `
text{font:12px ui-sans-serif,system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;fill:#16202b}
.ground{fill:#fff;stroke:#dde2e8}.plot{fill:#f6f8fa}.trouble{fill:#e69f00;opacity:.18}
.title{font-size:17px;font-weight:600}.soft,.tick{fill:#566270}.tick{font-size:11px}.name{font-weight:600}
.grid{stroke:#dde2e8;stroke-width:1}.line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.ours{stroke:#0072b2;stroke-width:2.6}.faint{stroke:#0072b2;stroke-width:1.2;opacity:.6}.peer{stroke:#d55e00}
text.of-ours{fill:#0072b2}text.of-peer{fill:#b94f00}
@media(prefers-color-scheme:dark){
text{fill:#e6ebf1}.ground{fill:#141a21;stroke:#28313c}.plot{fill:#1a212a}.trouble{opacity:.22}
.soft,.tick{fill:#9ba7b4}.grid{stroke:#2b3540}
.ours,.faint{stroke:#56b4e9}.peer{stroke:#f0803c}text.of-ours{fill:#56b4e9}text.of-peer{fill:#f0803c}}
`;
