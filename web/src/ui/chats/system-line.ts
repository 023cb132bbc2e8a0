import type { AccountId } from '../../lib/api/AccountId.ts';
import type { Message } from '../../lib/api/Message.ts';
import { here, messenger } from '../../lib/app.svelte.ts';
import { t } from '../../lib/words.svelte.ts';

/** A line of the system in words: what changed, and by whom. */
export function systemLine(message: Message): string {
  if (message.body.type !== 'system') return '';
  const { line } = message.body;
  const name = messenger.name(message.author);
  if (line === 'became_contacts') return t('became-contacts');
  if (line === 'ruled') return t('line-ruled', { name });
  if (line === 'joined') return t('line-joined', { name });
  if (line === 'left') return t('line-left', { name });
  if ('created' in line) return t('line-created', { name, title: line.created.title });
  if ('titled' in line) return t('line-titled', { name, title: line.titled.title });
  if ('pictured' in line) return t(line.pictured.present ? 'line-pictured' : 'line-unpictured', { name });
  if ('disclosed' in line) return t(line.disclosed.on ? 'line-disclosed' : 'line-undisclosed', { name });
  if ('joinable' in line) return t(line.joinable.on ? 'line-joinable' : 'line-unjoinable', { name });
  if ('added' in line) return t('line-added', { name, people: names(line.added.people) });
  if ('removed' in line) return t('line-removed', { name, people: names(line.removed.people) });
  if ('banned' in line) return t('line-banned', { name, people: names(line.banned.people) });
  if ('unbanned' in line) return t('line-unbanned', { name, people: names(line.unbanned.people) });
  if ('ranked' in line) return t('line-ranked', { name, people: names(line.ranked.people), role: line.ranked.role });
  return t('line-inherited', { people: names([line.inherited.account]) });
}

/** People of a line who are named; of a hundred who were added at once, the others are counted. */
const NAMED = 6;

function names(people: readonly AccountId[]): string {
  const shown = people.length > NAMED ? people.slice(0, NAMED - 1) : people;
  const all = shown.map((account) => messenger.name(account));
  if (shown.length < people.length) all.push(t('reaction-more', { count: people.length - shown.length }));
  return new Intl.ListFormat(here.tag, { type: 'conjunction' }).format(all);
}
