/**
 * The sounds of Skein, as sums of simple waves (design, section 10). Pure: the same samples on every machine, but for
 * the last bit of a sine. `make.mjs` writes them to files; a test compares the files with this recipe.
 */

/** Samples per second. No sound has energy above 4 kHz, so this is plenty. */
export const RATE = 24_000;
/** Every sound begins over so many seconds, so that none of them clicks. */
const ATTACK = 0.012;

const E4 = 329.63;
const A4 = 440;
const B3 = 246.94;
const B4 = 493.88;
const D5 = 587.33;
const G5 = 783.99;
const A5 = 880;

const db = (level) => 10 ** (level / 20);
const sine = (phase) => Math.sin(2 * Math.PI * phase);
const triangle = (phase) => 4 * Math.abs(phase - Math.floor(phase + 0.5)) - 1;

function silence(seconds) {
  return new Float64Array(Math.round(seconds * RATE));
}

/**
 * Adds a note. `to`: the pitch glides there. `fade`: seconds at its end over which it dies away.
 */
function note(out, { at, lasts, pitch, to = pitch, wave = sine, level = 1, rise = 0, fade = lasts * 0.6 }) {
  const count = Math.round(lasts * RATE);
  const start = Math.round(at * RATE);
  let phase = 0;
  for (let i = 0; i < count && start + i < out.length; i += 1) {
    const t = i / RATE;
    const share = i / count;
    phase += (pitch + (to - pitch) * share) / RATE;
    const attack = Math.min(1, t / ATTACK);
    const left = lasts - t;
    const release = left < fade ? 0.5 - 0.5 * Math.cos((Math.PI * left) / fade) : 1;
    out[start + i] += wave(phase) * level * db(rise * share) * attack * release;
  }
}

/** A low-pass of two poles (bilinear transform of a Butterworth filter). */
function lowPass(samples, cutoff) {
  const k = Math.tan((Math.PI * cutoff) / RATE);
  const norm = 1 / (1 + Math.SQRT2 * k + k * k);
  const b0 = k * k * norm;
  const a1 = 2 * (k * k - 1) * norm;
  const a2 = (1 - Math.SQRT2 * k + k * k) * norm;
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  return samples.map((x) => {
    const y = b0 * (x + 2 * x1 + x2) - a1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, x, y1, y];
    return y;
  });
}

/** Scales to a peak in dBFS. */
function peak(samples, level) {
  const most = samples.reduce((max, sample) => Math.max(max, Math.abs(sample)), 0);
  return samples.map((sample) => (sample / most) * db(level));
}

/** A bird calls, and the flock answers: two soft notes, then the same lower and quieter. The rest of the beat is silence. */
function ring() {
  const out = silence(1.3);
  for (const [at, octave, level] of [
    [0, 1, 1],
    [0.8, 0.5, 0.5],
  ]) {
    note(out, { at, lasts: 0.17, pitch: E4 * octave, wave: triangle, level });
    note(out, { at: at + 0.12, lasts: 0.34, pitch: B4 * octave, wave: triangle, level });
  }
  return peak(lowPass(out, 1_800), -18);
}

/** A reed by the water: one soft, hollow note. */
function reed() {
  const out = silence(0.2);
  note(out, { at: 0, lasts: 0.2, pitch: D5, wave: triangle, fade: 0.15 });
  note(out, { at: 0, lasts: 0.2, pitch: D5 * 3, level: 0.12, fade: 0.18 });
  return peak(lowPass(out, 1_800), -18);
}

/** Two birds, one after the other. */
function pair() {
  const out = silence(0.24);
  note(out, { at: 0, lasts: 0.1, pitch: E4 * 2 });
  note(out, { at: 0.12, lasts: 0.12, pitch: B4 * 2, level: 0.8 });
  return peak(out, -18);
}

function one(seconds, level, ...notes) {
  const out = silence(seconds);
  for (const each of notes) note(out, { at: 0, lasts: seconds, ...each });
  return peak(out, level);
}

/** Each sound by its name, as samples from −1 to 1. */
export const RECIPES = {
  ring,
  ringback: () => one(0.3, -26, { pitch: B3 }),
  waiting: () => one(0.4, -24, { pitch: E4, wave: triangle, fade: 0.36 }),
  connected: () => one(0.16, -18, { pitch: B3, rise: 3, fade: 0.05 }, { pitch: E4, rise: 3, fade: 0.05 }),
  hang_up: () => one(0.22, -18, { pitch: B4, to: E4 }),
  lost: () => one(0.22, -18, { pitch: E4, fade: 0.2 }),
  message: () => one(0.09, -18, { pitch: G5, to: A5 }),
  message_drop: () => one(0.14, -18, { pitch: A5, to: D5, fade: 0.11 }),
  message_reed: reed,
  message_pair: pair,
  microphone_on: () => one(0.03, -22, { pitch: A4, to: D5, fade: 0.015 }),
  microphone_off: () => one(0.03, -22, { pitch: D5, to: A4, fade: 0.015 }),
};

/** A WAV file of 16-bit mono PCM. */
export function wav(samples) {
  const file = Buffer.alloc(44 + samples.length * 2);
  file.write('RIFF', 0, 'latin1');
  file.writeUInt32LE(36 + samples.length * 2, 4);
  file.write('WAVEfmt ', 8, 'latin1');
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20); // PCM
  file.writeUInt16LE(1, 22); // one channel
  file.writeUInt32LE(RATE, 24);
  file.writeUInt32LE(RATE * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36, 'latin1');
  file.writeUInt32LE(samples.length * 2, 40);
  samples.forEach((sample, i) => file.writeInt16LE(Math.round(sample * 32_767), 44 + i * 2));
  return file;
}
