const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** A number of bytes as people read it, in the units of 1,000. */
export function sizeOf(bytes: number, tag: string): string {
  return written(bytes, Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3)), tag);
}

/** A size and the limit that it is above, to the byte where they would read the same. */
export function sizeAbove(bytes: number, limit: number, tag: string): { size: string; limit: string } {
  const [size, most] = [sizeOf(bytes, tag), sizeOf(limit, tag)];
  return size === most ? { size: written(bytes, 0, tag), limit: written(limit, 0, tag) } : { size, limit: most };
}

function written(bytes: number, step: number, tag: string): string {
  // Only the long form of bytes knows of one and many.
  const unitDisplay = step === 0 ? 'long' : 'short';
  const format = new Intl.NumberFormat(tag, { style: 'unit', unit: UNITS[step]!, unitDisplay, maximumFractionDigits: step > 1 ? 1 : 0 });
  return format.format(bytes / 1_000 ** step);
}
