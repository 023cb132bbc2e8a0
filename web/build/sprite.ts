import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import type { Plugin } from 'vite';

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

/** Puts the icons that are used into the page as one sprite, drawn by `<use href="#i-name">`. */
export function sprite(): Plugin {
  return {
    name: 'skein-sprite',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => {
        const symbols = ICONS.map(symbol).join('');
        const svg = `<svg class="sprite" width="0" height="0" aria-hidden="true" focusable="false"><defs>${symbols}</defs></svg>`;
        return html.replace('<div id="app">', `${svg}<div id="app">`);
      },
    },
  };
}
