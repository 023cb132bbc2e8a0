// The icons of the installed application, drawn from the mark: four birds on the colour of the rail. A system wants
// pictures of dots, so the strokes are painted here; nothing else is needed for five curves.
import { deflateSync } from 'node:zlib';

type Point = readonly [x: number, y: number];
type Colour = readonly [red: number, green: number, blue: number];

/** --rail, --rail-ink and --bill of the light theme. */
const GROUND: Colour = [0x0f, 0x3b, 0x41];
const INK: Colour = [0xe6, 0xf1, 0xf0];
const LEAD: Colour = [0xf2, 0xa3, 0x3a];

/** The four curves of one bird, as in `Mark.svelte`: a wing is a cubic Bézier and its mirror. */
const WINGS: readonly (readonly [Point, Point, Point, Point])[] = [
  [[-6.5, 2.6], [-5, -1.8], [-1.6, -1.9], [0, 1.4]],
  [[0, 1.4], [1.6, -1.9], [5, -1.8], [6.5, 2.6]],
];
/** Where the birds are on a ground of 40 × 40, as in `Mark.svelte`. */
const BIRDS: readonly { at: Point; scale: number; colour: Colour }[] = [
  { at: [12.5, 19.5], scale: 1.08, colour: INK },
  { at: [30, 24.5], scale: 1.08, colour: INK },
  { at: [9.5, 32.5], scale: 0.86, colour: INK },
  { at: [26, 9.5], scale: 1.36, colour: LEAD },
];
const STROKE = 3.2;
const STEPS = 24;

/** A square with round corners, the mark on it. */
export const icon = (size: number): Buffer => draw(size, { corner: 0.22, mark: 0.74 });

/** To the edges, the mark within the circle that every system leaves (four fifths of the width). */
export const maskable = (size: number): Buffer => draw(size, { corner: 0, mark: 0.56 });

function draw(size: number, { corner, mark }: { corner: number; mark: number }): Buffer {
  const unit = (size * mark) / 40;
  const edge = (size - size * mark) / 2;
  const birds = BIRDS.map(({ at, scale, colour }) => ({
    colour,
    half: (STROKE * scale * unit) / 2,
    middle: [edge + at[0] * unit, edge + at[1] * unit] as const,
    reach: 10 * scale * unit,
    points: WINGS.flatMap((wing) => along(wing)).map(([x, y]): Point => [edge + (at[0] + x * scale) * unit, edge + (at[1] + y * scale) * unit]),
  }));
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      const dot: Point = [x + 0.5, y + 0.5];
      let colour = GROUND;
      for (const bird of birds) {
        if (Math.hypot(dot[0] - bird.middle[0], dot[1] - bird.middle[1]) > bird.reach) continue;
        colour = mix(colour, bird.colour, cover(bird.half - distance(dot, bird.points)));
      }
      const alpha = corner === 0 ? 1 : cover(inside(dot, size, corner * size));
      rows.set([...colour.map(Math.round), Math.round(alpha * 255)], y * (size * 4 + 1) + 1 + x * 4);
    }
  }
  return png(size, rows);
}

/** How much of a dot is covered whose middle is so far inside an edge. */
const cover = (depth: number): number => Math.min(1, Math.max(0, depth + 0.5));

const mix = (under: Colour, over: Colour, share: number): Colour => [
  under[0] + (over[0] - under[0]) * share, under[1] + (over[1] - under[1]) * share, under[2] + (over[2] - under[2]) * share,
];

function along([a, b, c, d]: readonly [Point, Point, Point, Point]): Point[] {
  return Array.from({ length: STEPS + 1 }, (_, step) => {
    const t = step / STEPS;
    const at = (axis: 0 | 1): number =>
      (1 - t) ** 3 * a[axis] + 3 * (1 - t) ** 2 * t * b[axis] + 3 * (1 - t) * t ** 2 * c[axis] + t ** 3 * d[axis];
    return [at(0), at(1)];
  });
}

/** From a dot to the nearest point of a line of short pieces. */
function distance([x, y]: Point, points: readonly Point[]): number {
  let least = Infinity;
  for (let index = 1; index < points.length; index += 1) {
    const [[ax, ay], [bx, by]] = [points[index - 1] as Point, points[index] as Point];
    const [dx, dy] = [bx - ax, by - ay];
    const length = dx * dx + dy * dy;
    const t = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
    least = Math.min(least, Math.hypot(x - ax - t * dx, y - ay - t * dy));
  }
  return least;
}

/** How far a dot is inside a square with round corners. */
function inside([x, y]: Point, size: number, radius: number): number {
  const half = size / 2;
  const [ox, oy] = [Math.abs(x - half) - (half - radius), Math.abs(y - half) - (half - radius)];
  return radius - Math.hypot(Math.max(ox, 0), Math.max(oy, 0)) - Math.min(Math.max(ox, oy), 0);
}

/** A PNG file of red, green, blue and alpha; each row begins with its filter, none (PNG, section 9). */
function png(size: number, rows: Buffer): Buffer {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 6, 0, 0, 0], 8); // 8 bits each, RGBA, no interlace
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', head), chunk('IDAT', deflateSync(rows, { level: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(kind: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const out = Buffer.alloc(8 + body.length);
  out.writeUInt32BE(data.length, 0);
  out.set(body, 4);
  out.writeUInt32BE(crc(body), 4 + body.length);
  return out;
}

/** CRC-32 of ISO 3309, as PNG has it (section 5.5). */
function crc(data: Buffer): number {
  let value = 0xffff_ffff;
  for (const byte of data) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  }
  return (value ^ 0xffff_ffff) >>> 0;
}
