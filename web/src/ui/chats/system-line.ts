import type { AccountId } from '../../lib/api/AccountId.ts';
import type { Message } from '../../lib/api/Message.ts';
import { messenger } from '../../lib/app.svelte.ts';
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
  if ('added' in line) return t('line-added', { name, people: names(line.added.people) });
  if ('removed' in line) return t('line-removed', { name, people: names(line.removed.people) });
  if ('banned' in line) return t('line-banned', { name, people: names(line.banned.people) });
  if ('unbanned' in line) return t('line-unbanned', { name, people: names(line.unbanned.people) });
  if ('ranked' in line) return t('line-ranked', { name, people: names(line.ranked.people), role: line.ranked.role });
  return t('line-inherited', { people: names([line.inherited.account]) });
}

const names = (people: readonly AccountId[]): string => people.map((account) => messenger.name(account)).join(', ');
