// Runs skype-http as somebody's program: one JSON object a line comes in, `{id, name, args}`; one goes out for each,
// `{id, value}` or `{id, error}`, and one for each event. The library prints to the console; that goes to stderr.
import { createInterface } from 'node:readline';

console.log = console.error;
const { default: skypeHttp } = await import('skype-http');
const connect = skypeHttp.connect ?? skypeHttp;

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
/** An error with all that lies behind it. */
const reason = (error) => {
  const said = [];
  for (let each = error; each && said.length < 8; each = each.cause) said.push(`${each.name ?? ''}: ${each.message ?? each}`);
  return said.join(' <- ').slice(0, 2000);
};
let api;

const acts = {
  async connect({ username, password }) {
    api = await connect({ credentials: { username, password } });
    api.on('event', (event) => say({ event: { type: event.resourceType, resource: event.resource } }));
    api.on('error', (error) => say({ event: { type: 'error', error: reason(error) } }));
    return { username: api.context.username };
  },
  listen: async () => void (await api.listen()),
  stopListening: async () => void (await api.stopListening()),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, name, args } = JSON.parse(line);
  try {
    const value = name in acts ? await acts[name](...args) : await api[name](...args);
    say({ id, value: value === api ? null : (value ?? null) });
  } catch (error) {
    say({ id, error: reason(error) });
  }
}
process.exit(0);
