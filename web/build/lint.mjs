// Rules of this project that no linter knows: words only from locales, no raw colours or physical sides in components,
// icons all used, files short enough to read.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const MOST_LINES = 400;
const MOST_TEST_LINES = 800;

const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(?:svelte|ts|css)$/.test(name) && !name.startsWith(join('lib', 'api')))
  .map((name) => ({ name: join('src', name), text: readFileSync(join(root, 'src', name), 'utf8') }));

const problems = [];
const complain = (file, index, what) => {
  const line = file.text.slice(0, index).split('\n').length;
  problems.push(`${file.name}:${line}: ${what}`);
};
const each = (file, pattern, what) => {
  for (const found of file.text.matchAll(pattern)) complain(file, found.index, what(found));
};

for (const file of files) {
  const lines = file.text.trimEnd().split('\n').length;
  const most = file.name.endsWith('.test.ts') ? MOST_TEST_LINES : MOST_LINES;
  if (lines > most) problems.push(`${file.name}: ${lines} lines; ${most} are the most`);
  if (file.name.endsWith('tokens.css')) continue;
  if (/\.(?:svelte|css)$/.test(file.name)) {
    const style = file.name.endsWith('.css') ? file.text : (/<style>[\s\S]*<\/style>/.exec(file.text)?.[0] ?? '');
    const start = file.text.indexOf(style);
    const inStyle = (pattern, what) => {
      for (const found of style.matchAll(pattern)) complain(file, start + found.index, what(found));
    };
    // `#000` is a mask's opaque end, not a colour anybody sees.
    inStyle(/#(?!000\b)[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\(/gi, (found) => `a raw colour (${found[0]}); use a token`);
    inStyle(/!important/g, () => '!important');
    inStyle(/(?<![-\w])(?:left|right|margin-left|margin-right|padding-left|padding-right|text-align:\s*(?:left|right))(?=\s*:|\s*;)/g,
      (found) => `a physical side (${found[0]}); use the logical one`);
  }
  if (file.name.endsWith('.svelte')) {
    const markup = file.text
      .replace(/<script[\s\S]*?<\/script>/g, (part) => part.replace(/[^\n]/g, ' '))
      .replace(/<style>[\s\S]*<\/style>/g, (part) => part.replace(/[^\n]/g, ' '))
      .replace(/<!--[\s\S]*?-->/g, (part) => part.replace(/[^\n]/g, ' '));
    for (const found of markup.matchAll(/\sstyle="/g)) complain({ ...file, text: markup }, found.index, 'a style attribute; the content security policy forbids it');
    for (const found of markup.matchAll(/\s(?:aria-label|title|placeholder|alt)="[^"{]*\p{L}{2}[^"]*"/gu)) {
      if (!/="\{/.test(found[0]) && !/\{/.test(found[0])) complain({ ...file, text: markup }, found.index, `words outside locales: ${found[0].trim()}`);
    }
  }
  each(file, /\{@html/g, () => '{@html}: content is a tree, never mark-up');
}

const { ICONS } = await import('./icons-list.mjs');
const all = files.filter((file) => !file.name.endsWith('icons.ts') && !file.name.endsWith('.test.ts')).map((file) => file.text).join('\n');
for (const icon of ICONS) {
  if (!new RegExp(`['"\`]${icon}['"\`]`).test(all)) problems.push(`src/ui/icons.ts: nobody uses ${icon}`);
}

const keys = new Set([...all.matchAll(/\b(?:t|plainText)\(\s*['"]([\w-]+)['"]/g)].map((found) => found[1]));
const known = new Set();
const folder = join(root, '..', 'locales', 'en');
for (const name of readdirSync(folder)) {
  for (const found of readFileSync(join(folder, name), 'utf8').matchAll(/^(-?[a-z][\w-]*) =/gm)) known.add(found[1].replace(/^-/, ''));
}
for (const key of keys) if (!known.has(key)) problems.push(`locales/en: ${key} is used but not there`);
const prefixes = [...all.matchAll(/`([a-z][\w-]*-)\$\{/g)].map((found) => found[1]);
const quoted = new Set([...all.matchAll(/['"`]([a-z][\w-]*)['"`]/g)].map((found) => found[1]));
for (const key of known) {
  const used = keys.has(key) || quoted.has(key) || prefixes.some((prefix) => key.startsWith(prefix));
  if (!used) problems.push(`locales/en: nobody uses ${key}`);
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);
console.log(`${files.length} files, ${known.size} texts: nothing to say`);
