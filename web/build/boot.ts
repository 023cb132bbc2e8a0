import type { Plugin } from 'vite';

/** So often the first script is asked for: each tag asks anew if the one before it got nothing. */
const TIMES = 3;
const ENTRY = /<script type="module"[^>]*\ssrc="([^"]+)"[^>]*><\/script>/;

/** Starts the page by `src/boot.ts`, which sees whether `src/main.ts` arrives; the latter is fetched beside it. */
export function boot(): Plugin {
  return {
    name: 'skein-boot',
    apply: 'build',
    buildStart() {
      this.emitFile({ type: 'chunk', id: 'src/boot.ts', name: 'boot' });
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const main = ENTRY.exec(html)?.[1];
        const chunk = Object.values(bundle ?? {}).find((each) => each.type === 'chunk' && each.name === 'boot');
        if (main === undefined || chunk?.type !== 'chunk') throw new Error('index.html has no script to start');
        // A classic script has neither.
        if (chunk.imports.length > 0 || chunk.exports.length > 0) throw new Error('src/boot.ts imports or exports something');
        const tag = `<script src="/${chunk.fileName}" data-main="${main}"></script>`;
        return html
          .replace(ENTRY, `<link rel="modulepreload" crossorigin href="${main}">`)
          .replace('</body>', `${tag.repeat(TIMES)}</body>`);
      },
    },
  };
}
