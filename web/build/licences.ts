import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Plugin } from 'vite';

/** Packages whose files are in the build, though no module of theirs is: icons of the sprite, names of emoji. */
const DRAWN = ['emojibase-data', 'lucide-static'];

/** Writes `licences.txt`: the notice of every package that is in the build, as their licences ask. */
export function licences(): Plugin {
  let root = '';
  return {
    name: 'skein-licences',
    apply: 'build',
    configResolved(config) {
      root = config.root;
    },
    generateBundle(_, bundle) {
      const folders = new Set(DRAWN.map((name) => join(root, 'node_modules', name)));
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        for (const id of chunk.moduleIds) {
          const folder = packageOf(id);
          if (folder) folders.add(folder);
        }
      }
      const source = [...folders].toSorted().map(notice).join('\n\n');
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: `${source}\n` });
    },
  };
}

/** The folder of the package that a module belongs to. */
function packageOf(id: string): string | undefined {
  if (!id.includes('/node_modules/') || id.startsWith('\0')) return undefined;
  let folder = dirname(id.split('?')[0] ?? id);
  while (!existsSync(join(folder, 'package.json')) || !('version' in describe(folder))) {
    const above = dirname(folder);
    if (above === folder) return undefined;
    folder = above;
  }
  return folder;
}

type Description = { name?: string; version?: string; license?: string; homepage?: string };

function describe(folder: string): Description {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Description;
}

function notice(folder: string): string {
  const { name = '', version = '', license = '', homepage = '' } = describe(folder);
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licence: ${license}. ${homepage}`;
  return `${name} ${version} (${license})\n\n${text}\n`;
}
