import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import type { Limits } from '../api/Limits.ts';
import { message } from '../testing.ts';
import { middle, moved, MOST_ZOOM, shown, zoomed } from './crop.ts';
import { fitting, filesOf, named, problemOf } from './fits.ts';
import { picturesOf, place } from './look.ts';
import { Sha256 } from './sha256.ts';
import { patcher } from './wire.ts';
import { LARGEST, Zoom } from './zoom.svelte.ts';

describe('SHA-256', () => {
  it('is that of FIPS 180-4, in whatever pieces the bytes come', () => {
    expect(new Sha256().hex()).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(new Sha256().update(new TextEncoder().encode('abc')).hex()).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    for (const size of [1, 55, 56, 63, 64, 65, 119, 120, 128, 100_003]) {
      const bytes = Uint8Array.from({ length: size }, (_, index) => (index * 7 + 3) & 0xff);
      const hash = new Sha256();
      for (let from = 0, step = 1; from < size; from += step, step = (step * 3) % 1_013) hash.update(bytes.subarray(from, from + step));
      expect(hash.hex(), String(size)).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });
});

describe('what is chosen', () => {
  const limits = { object_bytes: 100, objects: 2 } as Limits;

  it('fits or says why not, before anything is sent', () => {
    expect([0, 1, 100, 101].map((size) => problemOf({ size }, limits))).toEqual(['object_empty', undefined, undefined, 'object_too_large']);
    expect(fitting([{ size: 0 }, { size: 5 }, { size: 101 }, { size: 6 }, { size: 7 }], limits)).toEqual([{ size: 5 }, { size: 6 }]);
  });

  it('is files, and folders are counted', () => {
    const file = new File(['x'], 'x.txt');
    const item = (isDirectory: boolean): object => ({ kind: 'file', getAsFile: () => file, webkitGetAsEntry: () => ({ isDirectory }) });
    const items = [item(false), item(true), { kind: 'string' }] as unknown as DataTransferItemList;
    expect(filesOf({ items, files: [] as unknown as FileList })).toEqual({ files: [file], folders: 1 });
    expect(filesOf(null)).toEqual({ files: [], folders: 0 });
  });

  it('has a name of its own where the clipboard gives none', () => {
    const at = new Date(2026, 10, 27, 9, 5, 7);
    expect(named(new File(['x'], 'image.png', { type: 'image/png' }), at).name).toBe('2026-11-27 09.05.07.png');
    expect(named(new File(['x'], 'goose.png'), at).name).toBe('goose.png');
  });
});

describe('pictures', () => {
  it('have their place before they come, not wider than the log and not too thin to be hit', () => {
    expect(place({ width: 4_000, height: 3_000 })).toEqual({ width: 400, ratio: '1.3333' });
    expect(place({ width: 3_000, height: 4_000 })).toEqual({ width: 240, ratio: '0.7500' });
    expect(place({ width: 8, height: 8 })).toEqual({ width: 44, ratio: '1.0000' });
    expect(place({ width: 10, height: 4_000 }).ratio).toBe('0.3333');
    expect(place({})).toEqual({ width: 320, ratio: '1.0000' });
  });

  it('are those that are there, in the order of the log', () => {
    const object = (id: string, more: object = {}) => ({ id, name: id, size: 1, state: 'ready' as const, offset: 1, picture: true, preview: false, ...more });
    const carrying = (id: string, ...objects: ReturnType<typeof object>[]) =>
      message(id, 'ada', Number(id), { body: { type: 'objects', ids: objects.map((each) => each.id), objects, blocks: [] } });
    const gone = { ...carrying('3', object('c')), deleted: true };
    const all = picturesOf([carrying('1', object('a'), object('file', { picture: false })), message('2', 'ada', 2), gone, carrying('4', object('d'))]);
    expect(all.map(({ id }) => id)).toEqual(['a', 'd']);
  });

  it('are looked at from whole to large, and back to whole', () => {
    const zoom = new Zoom();
    zoom.out();
    expect(zoom.scale).toBe(1);
    for (let step = 0; step < 20; step += 1) zoom.in();
    expect(zoom.scale).toBe(LARGEST);
    zoom.to(Number.NaN);
    expect(zoom.scale).toBe(1);
  });

  it('are cut so that the frame is always full', () => {
    const picture = { width: 400, height: 200 };
    const frame = { width: 100, height: 100 };
    let cut = middle(picture, frame);
    expect(shown(cut, picture, frame)).toEqual({ x: 100, y: 0, width: 200, height: 200 });
    cut = moved(cut, { x: 1_000, y: -1_000 }, picture, frame);
    expect(shown(cut, picture, frame)).toMatchObject({ x: 0, width: 200 });
    cut = zoomed(cut, 2, picture, frame);
    expect(shown(cut, picture, frame)).toEqual({ x: 50, y: 50, width: 100, height: 100 });
    cut = zoomed(moved(cut, { x: -1_000, y: -1_000 }, picture, frame), 0.1, picture, frame);
    expect(shown(cut, picture, frame)).toEqual({ x: 200, y: 0, width: 200, height: 200 });
    expect(zoomed(cut, 99, picture, frame).zoom).toBe(MOST_ZOOM);
  });
});

describe('an answer to a piece', () => {
  const answered = async (response: Response) => patcher(() => Promise.resolve(response))('o1', 5, new Uint8Array(3), new AbortController().signal);

  it('is understood from our server and from whatever stands before it', async () => {
    expect(await answered(new Response('{"offset":8}', { headers: { 'upload-offset': '8' } }))).toEqual({ status: 200, offset: 8 });
    const error = { kind: 'conflict', code: 'offset', message: 'go on' };
    expect(await answered(new Response(JSON.stringify(error), { status: 409, headers: { 'upload-offset': '3' } }))).toEqual({ status: 409, offset: 3, error });
    expect(await answered(new Response('<html>413</html>', { status: 413 }))).toEqual({ status: 413 });
    expect(await answered(new Response('<html>Welcome to our hotel</html>'))).toEqual({ status: 200 });
    expect(await answered(new Response('null', { status: 502, headers: { 'upload-offset': 'x' } }))).toEqual({ status: 502 });
  });

  it('is to a piece that names its offset', async () => {
    let asked: readonly [string, RequestInit | undefined] | undefined;
    await patcher((to, init) => ((asked = [to, init]), Promise.resolve(new Response('{}'))))('o/1', 5, new Uint8Array(3), new AbortController().signal);
    expect(asked?.[0]).toBe('/v1/skein/objects/o%2F1');
    expect(asked?.[1]).toMatchObject({ method: 'PATCH', headers: { 'upload-offset': '5' } });
  });
});
