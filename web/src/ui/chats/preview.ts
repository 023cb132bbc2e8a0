import { messenger } from '../../lib/app.svelte.ts';
import type { Chat } from '../../lib/chat.svelte.ts';
import { firstWords } from '../../lib/content.ts';
import { t } from '../../lib/words.svelte.ts';
import type { IconName } from '../icons.ts';
import { systemLine } from './system-line.ts';

type Preview = { text: string; icon?: IconName; tick?: string; missed?: boolean };

/** The newest message of a chat in one line. */
export function preview(chat: Chat, me: string): Preview {
  const { last } = chat;
  if (!last) return { text: '' };
  if (last.deleted) return { text: t('preview-removed') };
  if (last.body.type === 'system') return { text: last.body.line === 'became_contacts' ? t('preview-contacts') : systemLine(last) };
  if (last.body.type === 'call') {
    const { record } = last.body;
    const missed = record?.outcome === 'missed' || record?.outcome === 'missed_busy';
    const video = record?.video === true;
    if (missed) return { text: t(video ? 'preview-missed-video' : 'preview-missed'), icon: 'phone-missed', missed };
    return { text: t(video ? 'preview-call-video' : 'preview-call'), icon: 'phone' };
  }
  const files = last.body.type === 'objects' ? t('preview-files', { count: last.body.ids.length }) : '';
  const text = firstWords(last.body) || files;
  if (last.author !== me) {
    return { text: chat.peer === undefined ? `${messenger.name(last.author)}: ${text}` : text };
  }
  if (chat.peer === me) return { text };
  if (last.stamp <= messenger.readTo(chat)) return { text, icon: 'check-check', tick: t('read') };
  if (last.stamp <= chat.deliveredToOthers) return { text, icon: 'check-check', tick: t('tick-delivered') };
  return { text, icon: 'check', tick: t('tick-sent') };
}
