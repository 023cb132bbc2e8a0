import { fileURLToPath } from 'node:url';

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

import { boot } from './build/boot.ts';
import { compressed } from './build/compressed.ts';
import { emoji } from './build/emoji.ts';
import { licences } from './build/licences.ts';
import { scaled } from './build/scaled.ts';
import { shell } from './build/shell.ts';
import { sprite } from './build/sprite.ts';

const here = fileURLToPath(new URL('.', import.meta.url));

export default defineConfig(({ mode }) => ({
  root: here,
  plugins: [svelte(), sprite(), emoji(), scaled(), boot(), licences(), shell(), compressed()],
  // Unit tests run the browser's half of Svelte.
  resolve: mode === 'test' ? { conditions: ['browser'] } : {},
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    // Nothing as a data: address, so that every file has a name of its own and the policy stays short.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
    manifest: 'build.json',
    // It would print timings of plugins whenever the machine is busy.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  server: {
    fs: { allow: ['..'] },
    proxy: { '/v1': { target: process.env['SKEIN_SERVER'] ?? 'http://127.0.0.1:8080', ws: true } },
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.ts'],
    setupFiles: ['build/test-setup.ts'],
    // Thousands of made-up inputs take their time where others compile, too.
    testTimeout: 60_000,
  },
}));
