import { createRequire } from 'node:module';

import type { Plugin } from 'vite';

const require = createRequire(import.meta.url);

/** What systems of the last years can draw; a newer one would show as a box. */
const NEWEST = 15.1;
/** Parts of pictures, such as skin tones alone. */
const COMPONENT = 2;
const PREFIX = 'virtual:emoji/';

type Row = {
  hexcode: string;
  label: string;
  tags?: string[];
  emoji: string;
  order?: number;
  group?: number;
  version: number;
  skins?: { emoji: string; tone: number | number[] }[];
};
type Names = Record<string, string | string[]>;

/**
 * Emoji as modules: `virtual:emoji/all` has the pictures with their `:names:`, groups and skin tones,
 * `virtual:emoji/en` and `virtual:emoji/pt` what each is called and found by, in the same order.
 */
export function emoji(): Plugin {
  return {
    name: 'skein-emoji',
    resolveId: (id) => (id.startsWith(PREFIX) ? `\0${id}` : undefined),
    load(id) {
      if (!id.startsWith(`\0${PREFIX}`)) return undefined;
      const what = id.slice(PREFIX.length + 1);
      return `export default ${JSON.stringify(what === 'all' ? pictures() : words(what))};`;
    },
  };
}

function rows(language: string): Row[] {
  return (require(`emojibase-data/${language}/data.json`) as Row[])
    .filter(({ group, version }) => group !== undefined && group !== COMPONENT && version <= NEWEST)
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0));
}

/** [picture, names, group, the five skin tones] */
function pictures(): unknown[] {
  const sources = ['github', 'emojibase'].map((name) => require(`emojibase-data/en/shortcodes/${name}.json`) as Names);
  return rows('en').map(({ hexcode, emoji: picture, group, skins = [] }) => {
    const names = [...new Set(sources.flatMap((source) => source[hexcode] ?? []))];
    const tones = [1, 2, 3, 4, 5].map((tone) => skins.find((skin) => [skin.tone].flat().every((each) => each === tone))?.emoji);
    const whole = tones.every((tone) => tone !== undefined);
    return [picture, names.join(' '), group, ...(whole ? [tones.join(' ')] : [])];
  });
}

/** [label, tags] */
function words(language: string): unknown[] {
  const byCode = new Map(rows(language).map((row) => [row.hexcode, row]));
  return rows('en').map(({ hexcode, label }) => {
    const row = byCode.get(hexcode);
    return [row?.label ?? label, (row?.tags ?? []).join(' ')];
  });
}
