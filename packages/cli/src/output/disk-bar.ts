/** Characters of the bar of a disk. */
const barWidth = 60;

/** A part of a disk, as a bar shows it. */
export interface BarPart {
  /** Bytes from the start of the disk. */
  readonly start: number;
  readonly size: number;
  /** Bytes of it that are in use; the others are `░`. */
  readonly used: number;
  readonly fill: '█' | '▒' | '·';
  /** Stands in it where there is room, and with it what it is for where there is more. */
  readonly name?: string;
  readonly role?: string;
}

/** A disk from its start to its end: `█` in use, `░` free, `▒` all of it or nobody knows, `·` nothing of it; space between parts. */
export function diskBar(parts: readonly BarPart[], size: number): string {
  const cells = Array.from({ length: barWidth }, () => ' ');
  for (const part of parts) {
    const first = Math.floor((part.start / size) * barWidth);
    // A small part still shows.
    const last = Math.max(first + 1, Math.round(((part.start + part.size) / size) * barWidth));
    const used = Math.max(1, Math.round((part.used / Math.max(1, part.size)) * (last - first)));
    for (let cell = first; cell < Math.min(last, barWidth); cell += 1)
      cells[cell] = part.fill === '█' && cell - first >= used ? '░' : part.fill;
    const { name = '', role } = part;
    const labels = role === undefined ? [name] : [`${name} ${role} `, name];
    const label = labels.find((text) => text.length < last - first) ?? '';
    cells.splice(first, label.length, ...label.split(''));
  }
  return `[${cells.join('')}]`;
}
