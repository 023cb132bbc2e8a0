import type { Contact } from './api/Contact.ts';
import type { ContactPage } from './api/ContactPage.ts';
import type { Connection } from './connection.svelte.ts';

/** Pages of 500 that are read at most: 10,000 contacts are more than anybody has. */
const MOST = 20;

/** Reads all contacts, page by page. What does not come now comes with the next whole state. */
export async function readContacts(connection: Connection, take: (contact: Contact) => void): Promise<void> {
  let next: string | undefined;
  try {
    for (let page = 0; page < MOST; page += 1) {
      const after = next === undefined ? '' : `&after=${encodeURIComponent(next)}`;
      const answer = await connection.get<ContactPage>(`/contacts?limit=500${after}`);
      for (const contact of answer.contacts) take(contact);
      next = answer.next;
      if (next === undefined) return;
    }
  } catch {
    // The connection broke: it begins with the whole state again.
  }
}
