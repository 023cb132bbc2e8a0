/** Writes the sounds into `files/`: `node src/lib/sound/make.mjs`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { RECIPES, wav } from './recipe.mjs';

const folder = fileURLToPath(new URL('files/', import.meta.url));
mkdirSync(folder, { recursive: true });
for (const [name, recipe] of Object.entries(RECIPES)) writeFileSync(`${folder}${name}.wav`, wav(recipe()));
