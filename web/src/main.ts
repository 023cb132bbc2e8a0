import { mount } from 'svelte';

import { connection, http, route, session, settings, update } from './lib/app.svelte.ts';
import { again } from './lib/again.ts';
import { Words, words } from './lib/words.svelte.ts';
import App from './ui/App.svelte';
import { allIcons } from './ui/icons-all.ts';
import { late } from './ui/late.svelte.ts';
import { restyle } from './ui/restyle.ts';

import './ui/tokens.css';
import './ui/base.css';

window.addEventListener('vite:preloadError', () => {
  restyle();
  // Perhaps the server has another client by now, and this part is gone from it.
  void update.look();
});

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
  const { boot, ...state } = (history.state ?? {}) as Record<string, unknown>;
  if (boot !== undefined) history.replaceState(Object.keys(state).length > 0 ? state : null, '');
  mount(App, { target: app });
  void again(() => allIcons(document)).catch(() => undefined);
  http.slow = (answer) => void import('./ui/slow.ts').then(({ slow }) => slow(answer)).catch(() => undefined);
  session.before = () => late.loadCalls();
  // Without the calls nothing would ring here until the page is loaded again.
  connection.onOnline(() => void late.loadCalls().catch(() => undefined));
  connection.onOnline(() => void words.also('errors').catch(() => undefined));
  void session.begin();
  // Not before the page itself has everything.
  if (import.meta.env.PROD) {
    void again(() => import('./lib/shell/page.ts')).then(({ keepShell }) => keepShell(navigator, (hash) => route.go(hash))).catch(() => undefined);
  }
}
