// The budget: what the first screen loads, JavaScript, styles, page and one language, in gzip.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const BUDGET = 80_000;
const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const manifest = JSON.parse(readFileSync(join(dist, 'build.json'), 'utf8'));

/** Files of an entry and of everything it imports at once. */
function closure(key, files = new Set(), seen = new Set()) {
  if (seen.has(key)) return files;
  seen.add(key);
  const chunk = manifest[key];
  if (!chunk) throw new Error(`${key} is not in the build`);
  files.add(chunk.file);
  for (const style of chunk.css ?? []) files.add(style);
  for (const other of chunk.imports ?? []) closure(other, files, seen);
  return files;
}

const size = (name) => {
  const path = join(dist, name);
  return existsSync(`${path}.gz`) ? readFileSync(`${path}.gz`).length : gzipSync(readFileSync(path)).length;
};
const words = (part) => Object.keys(manifest).filter((key) => key.includes(`locales/en/${part}.ftl`));

let failed = false;
for (const [screen, keys] of [
  ['sign in', ['index.html', 'src/ui/front/Door.svelte', ...words('main'), ...words('door')]],
  ['chats', ['index.html', 'src/ui/Frame.svelte', ...words('main')]],
]) {
  const files = new Set(['index.html']);
  for (const key of keys) for (const file of closure(key)) files.add(file);
  const total = [...files].reduce((sum, file) => sum + size(file), 0);
  const over = total > BUDGET;
  failed ||= over;
  console.log(`${screen}: ${(total / 1_000).toFixed(1)} kB gzip of ${BUDGET / 1_000}${over ? ' — too much' : ''}`);
  if (process.argv.includes('-v')) for (const file of files) console.log(`  ${(size(file) / 1_000).toFixed(1)}  ${file}`);
}
if (failed) process.exit(1);
