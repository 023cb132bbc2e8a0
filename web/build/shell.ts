import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Plugin } from 'vite';

import { icon, maskable } from './app-icons.ts';
import { LANGUAGES, manifest } from './app-manifest.ts';

/** Scripts with names that never change: the service worker, and the one that ends it. */
const WORKERS = { 'sw.js': 'src/shell/worker.ts', 'sw-off.js': 'src/shell/retire.ts' };

/**
 * What makes the client an application: the service worker with the list of its files, the name of the build in the page
 * and in `build-id.json`, the manifest in each language, and the icons.
 */
export function shell(): Plugin {
  let folder = '';
  let locales = '';
  return {
    name: 'skein-shell',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
      locales = join(config.root, '..', 'locales');
    },
    buildStart() {
      for (const [fileName, id] of Object.entries(WORKERS)) this.emitFile({ type: 'chunk', id, fileName });
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        // Names have a hash of what is in them.
        const names = Object.keys(bundle ?? {}).sort().join('\n');
        const build = createHash('sha256').update(names).update(html).digest('hex').slice(0, 16);
        return html.replace('<html ', `<html data-build="${build}" `);
      },
    },
    closeBundle() {
      const build = /<html data-build="([0-9a-f]+)"/.exec(readFileSync(join(folder, 'index.html'), 'utf8'))?.[1];
      if (build === undefined) throw new Error('index.html does not name its build');
      for (const name of Object.keys(WORKERS)) {
        // A module worker is not known everywhere; a classic script has no imports.
        if (/^\s*(?:import|export)\b/m.test(readFileSync(join(folder, name), 'utf8'))) throw new Error(`${name} imports or exports something`);
      }
      const files = readdirSync(join(folder, 'assets')).filter((name) => !/\.(?:br|gz)$/.test(name)).map((name) => `assets/${name}`).sort();
      const worker = join(folder, 'sw.js');
      writeFileSync(worker, `self.skeinShell=${JSON.stringify({ build, files })};\n${readFileSync(worker, 'utf8')}`);
      writeFileSync(join(folder, 'build-id.json'), JSON.stringify({ build }));
      for (const size of [180, 192, 512]) writeFileSync(join(folder, `icon-${size}.png`), icon(size));
      writeFileSync(join(folder, 'icon-maskable.png'), maskable(512));
      for (const language of LANGUAGES) writeFileSync(join(folder, `app.${language}.webmanifest`), manifest(locales, language));
    },
  };
}
