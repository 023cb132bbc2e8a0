import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { IndexHtmlTransformContext, Plugin } from 'vite';

import { ICONS } from '../src/ui/icons.ts';

const require = createRequire(import.meta.url);

/** Own drawings, on the same grid as Lucide's. */
const OWN: Record<string, string> = {
  sequence:
    '<path d="M5.5 3.5v17M18.5 3.5v17M5.5 8.5h9.5M12.2 5.8 15 8.5l-2.8 2.7M18.5 15.5H9M11.8 12.8 9 15.5l2.8 2.7"/>',
};

/** One icon as a symbol. An unknown name ends the build. */
function symbol(name: string): string {
  const own = OWN[name];
  if (own !== undefined) return `<symbol id="i-${name}" viewBox="0 0 24 24">${own}</symbol>`;
  const file = readFileSync(require.resolve(`lucide-static/icons/${name}.svg`), 'utf8');
  const shapes = file.slice(file.indexOf('>', file.indexOf('<svg')) + 1, file.lastIndexOf('</svg>'));
  return `<symbol id="i-${name}" viewBox="0 0 24 24">${shapes.replace(/\s*\n\s*/g, '').replace(/ \/>/g, '/>')}</symbol>`;
}

type Bundle = NonNullable<IndexHtmlTransformContext['bundle']>;

const MODULE = 'virtual:icons';
/** What a reader sees first: the page, and either the chats or the door. */
const FIRST = /\/(?:index\.html|src\/ui\/Frame\.svelte|src\/ui\/front\/Door\.svelte)$/;

/**
 * Puts icons into the page as a sprite, drawn by `<use href="#i-name">`: those that the first screens name. All of them are
 * the module `virtual:icons`, which the page puts in their place once it stands.
 */
export function sprite(): Plugin {
  return {
    name: 'skein-sprite',
    resolveId: (id) => (id === MODULE ? `\0${id}` : undefined),
    load: (id) => (id === `\0${MODULE}` ? `export default ${JSON.stringify(symbols(ICONS))};` : undefined),
    transformIndexHtml: {
      order: 'post',
      handler: (html, { bundle }) => {
        const first = bundle === undefined ? ICONS : named(bundle);
        const svg = `<svg class="sprite" width="0" height="0" aria-hidden="true" focusable="false"><defs>${symbols(first)}</defs></svg>`;
        return html.replace('<div id="app">', `${svg}<div id="app">`);
      },
    },
  };
}

const symbols = (names: readonly string[]): string => names.map(symbol).join('');

/** The icons whose names stand in what the first screens load. A name that is put together at run time is not found: its icon comes later. */
function named(bundle: Bundle): string[] {
  const chunks = new Set<string>();
  const add = (name: string): void => {
    const chunk = bundle[name];
    if (chunk?.type !== 'chunk' || chunks.has(name)) return;
    chunks.add(name);
    for (const other of chunk.imports) add(other);
  };
  for (const [name, chunk] of Object.entries(bundle)) {
    if (chunk.type === 'chunk' && FIRST.test(chunk.facadeModuleId ?? '')) add(name);
  }
  const code = [...chunks].map((name) => (bundle[name] as { code: string }).code).join('\n');
  const first = ICONS.filter((icon) => ['"', "'", '`'].some((quote) => code.includes(quote + icon + quote)));
  if (first.length === 0) throw new Error('the first screens name no icon: they were not found');
  return first;
}
