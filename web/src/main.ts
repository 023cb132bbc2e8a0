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
if (target) void begin(target);

async function begin(app: HTMLElement): Promise<void> {
  // Style sheets come before scripts: one that is not here by now did not arrive.
  restyle();
  try {
    await again(() => words.use(settings.language ?? Words.best(navigator.languages)));
  } catch {
    // `boot.ts` begins anew, or says what to do.
    window.dispatchEvent(new Event('skein:failed'));
    return;
  }
  document.getElementById('still')?.remove();
  // What `boot.ts` counted.
  if (history.state !== null) history.replaceState(null, '');
  mount(App, { target: app });
  session.before = () => late.loadCalls();
  // Without the calls nothing would ring here until the page is loaded again.
  connection.onOnline(() => void late.loadCalls().catch(() => undefined));
  void session.begin();
}
