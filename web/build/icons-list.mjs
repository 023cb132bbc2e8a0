// The icon names, read from the source as text: Node 20 runs no TypeScript.
import { readFileSync } from 'node:fs';

const text = readFileSync(new URL('../src/ui/icons.ts', import.meta.url), 'utf8');

export const ICONS = [...text.slice(text.indexOf('['), text.indexOf(']')).matchAll(/'([\w-]+)'/g)].map((found) => found[1]);
