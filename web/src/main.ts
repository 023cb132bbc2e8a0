import { mount } from 'svelte';

import { connection, session, settings } from './lib/app.svelte.ts';
import { again } from './lib/again.ts';
import { Words, words } from './lib/words.svelte.ts';
import App from './ui/App.svelte';
import { late } from './ui/late.svelte.ts';
import { restyle } from './ui/restyle.ts';

import './ui/tokens.css';
import './ui/base.css';

window.addEventListener('vite:preloadError', restyle);

const target = document.getElementById('app');
if (target) {
  await again(() => words.use(settings.language ?? Words.best(navigator.languages)));
  mount(App, { target });
  session.before = () => late.loadCalls();
  // Without the calls nothing would ring here until the page is loaded again.
  connection.onOnline(() => void late.loadCalls().catch(() => undefined));
  void session.begin();
}
