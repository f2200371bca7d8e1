/** WCAG 2 contrast of colours written `#rrggbb`, and the nearest brand colour that can be read. */

/** Relative luminance, WCAG 2.2 definition. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = toChannels(hex).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Contrast ratio of two colours, from 1 to 21. */
export function contrastRatio(one: string, other: string): number {
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

/** The colour itself where it reaches `ratio` on `background`, else the nearest mix of it with black or white that does. */
export function nearestReadable(colour: string, background: string, ratio: number): string {
  const towards = luminance(background) > 0.18 ? '#000000' : '#ffffff';
  for (let step = 0; step <= 100; step++) {
    const candidate = mix(colour, towards, step / 100);
    if (contrastRatio(candidate, background) >= ratio) return candidate;
  }
  return towards;
}

/** Black or white, whichever reads better on the colour. */
export function inkOn(colour: string): string {
  return contrastRatio('#ffffff', colour) >= contrastRatio('#000000', colour) ? '#ffffff' : '#000000';
}

/** A colour between two others; `share` runs from 0 to 1. */
export function mix(from: string, to: string, share: number): string {
  const target = toChannels(to);
  const channels = toChannels(from).map((value, index) => Math.round(value + ((target[index] ?? 0) - value) * share));
  return `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

function toChannels(hex: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}
