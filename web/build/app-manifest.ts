import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { FluentBundle, FluentResource } from '@fluent/bundle';

export const LANGUAGES = ['en', 'pt-BR', 'pt-PT'];

/** What a system shows of the application once it is installed, in one language. */
export function manifest(locales: string, language: string): string {
  const bundle = new FluentBundle(language, { useIsolating: false });
  bundle.addResource(new FluentResource(readFileSync(join(locales, language, 'main.ftl'), 'utf8')));
  const t = (key: string): string => {
    const text = bundle.getMessage(key)?.value;
    if (!text) throw new Error(`locales/${language}/main.ftl: ${key} is not there`);
    return bundle.formatPattern(text);
  };
  const png = (name: string, size: number, purpose: string): object => ({ src: `/${name}.png`, sizes: `${size}x${size}`, type: 'image/png', purpose });
  return JSON.stringify({
    id: '/',
    name: t('brand'),
    short_name: t('brand'),
    description: t('app-description'),
    lang: language,
    dir: 'ltr',
    start_url: '/',
    scope: '/',
    display: 'standalone',
    categories: ['communication', 'social'],
    // --rail and --canvas of the light theme: a manifest has one of each.
    theme_color: '#0f3b41',
    background_color: '#f0f4f3',
    icons: [png('icon-192', 192, 'any'), png('icon-512', 512, 'any'), png('icon-180', 180, 'any'), png('icon-maskable', 512, 'maskable')],
    shortcuts: ['chats', 'calls', 'people'].map((section) => ({ name: t(section), url: `/#/${section}` })),
  });
}
