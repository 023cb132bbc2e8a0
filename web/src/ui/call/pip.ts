/**
 * Picture in picture: a small window that stays above everything. A whole document of ours where the browser has that
 * (Document Picture-in-Picture), the picture alone where it has only this, nothing where it has neither.
 */
import { mount, unmount, type Component } from 'svelte';

/** As far as TypeScript's own types do not know it yet. */
interface DocumentPip {
  requestWindow(size: { width: number; height: number }): Promise<Window>;
}

export type PipKind = 'document' | 'video';

export function pipKind(page: Window): PipKind | undefined {
  if ('documentPictureInPicture' in page) return 'document';
  return page.document.pictureInPictureEnabled ? 'video' : undefined;
}

/** Opens a window with `view` in it; `closed` is told once it is gone. Needs a gesture, and rejects without one. */
export async function openDocument(page: Window, view: Component, closed: () => void): Promise<() => void> {
  const pip = (page as unknown as { documentPictureInPicture: DocumentPip }).documentPictureInPicture;
  const small = await pip.requestWindow({ width: 360, height: 260 });
  dress(small.document, page.document);
  const mounted = mount(view, { target: small.document.body });
  small.addEventListener('pagehide', () => {
    void unmount(mounted);
    closed();
  }, { once: true });
  return () => small.close();
}

/** The picture of the other side in the browser's own small window, as long as the page has the picture. */
export async function openVideo(video: HTMLVideoElement, closed: () => void): Promise<() => void> {
  const page = video.ownerDocument;
  await video.requestPictureInPicture();
  const close = (): void => void page.exitPictureInPicture().catch(() => {}); // it is closed already
  // The window outlives its element, with the last picture in it.
  const gone = new MutationObserver(() => {
    if (!video.isConnected) close();
  });
  gone.observe(page, { childList: true, subtree: true });
  video.addEventListener('leavepictureinpicture', () => {
    gone.disconnect();
    closed();
  }, { once: true });
  return close;
}

/** The same words, direction, colours and styles as the page. */
function dress(small: Document, page: Document): void {
  for (const { name, value } of page.documentElement.attributes) small.documentElement.setAttribute(name, value);
  small.title = page.title;
  for (const sheet of page.querySelectorAll('link[rel="stylesheet"], style')) small.head.append(small.importNode(sheet, true));
  const icons = page.querySelector('.sprite');
  if (icons) small.body.append(small.importNode(icons, true));
}
