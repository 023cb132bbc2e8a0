import { describe, expect, it } from 'vitest';

import { type FakeStream, type Page, settle, talking, VIDEO, VOICE } from './testing.ts';

const own = (here: Page) => here.desk.current!.own;
const shared = (here: Page): FakeStream => here.world.screens.at(-1) as FakeStream;
const told = (here: Page) => here.link.step('media').at(-1)?.media;
const sends = (here: Page) => here.world.peer.transceivers.map((one) => one.sender.track?.kind);

async function sharing(media = VOICE): Promise<Page> {
  const here = await talking(media);
  here.world.screen = ['video', 'audio'];
  await own(here).screen.start();
  return here;
}

describe('the screen beside the camera', () => {
  it('gets sections of its own by a later offer, and the other side is told', async () => {
    const here = await sharing(VIDEO);
    await settle();
    const [audio, camera, screen, sound] = here.world.peer.transceivers;
    expect([audio, camera].map((one) => one?.sender.track)).toEqual(here.world.tracks);
    expect([screen?.sender.track, sound?.sender.track]).toEqual([shared(here).getVideoTracks()[0], shared(here).getAudioTracks()[0]]);
    expect(told(here)).toEqual({ audio: true, video: true, screen: true });
    expect(here.link.step('signal').map((step) => JSON.parse(step.data).kind)).toContain('offer');
  });

  // The five ways of case B7.
  it.each([
    ['by our button', (here: Page) => own(here).screen.stop()],
    ['by the browser', (here: Page) => shared(here).getVideoTracks()[0]?.giveOut()],
    ['with the window that is closed', (here: Page) => shared(here).getTracks().reverse().forEach((track) => track.giveOut())],
    ['with the call', (here: Page) => here.desk.current?.hangUp()],
    ['by another share', (here: Page) => (own(here).screen.stop(), own(here).screen.start())],
  ] as const)('ends %s: nothing is sent, nothing is open, the camera is as it was', async (_, end) => {
    const here = await sharing(VIDEO);
    const first = shared(here);
    await end(here);
    await settle();
    expect(first.getTracks().every((track) => track.stopped || track.readyState === 'ended')).toBe(true);
    const again = here.world.screens.length > 1;
    const over = here.desk.current?.over ?? true;
    expect(sends(here).slice(0, 2)).toEqual(['audio', 'video']);
    if (!over) {
      expect(told(here)).toEqual({ audio: true, video: true, ...(again ? { screen: true } : {}) });
      expect(sends(here).slice(2)).toEqual(again ? ['video', 'audio'] : [undefined, undefined]);
      expect(here.world.tracks.map((track) => track.stopped)).toEqual([false, false]);
    }
    // Used again, not added again.
    expect(here.world.peer.transceivers).toHaveLength(4);
  });

  it('that has ended when it is handed out is not shown, and one that runs goes on', async () => {
    const here = await talking();
    here.world.dead = 1;
    await own(here).screen.start();
    await settle();
    expect([own(here).screen.stream, told(here)]).toEqual([undefined, undefined]);
    await own(here).screen.start();
    const first = own(here).screen.stream;
    here.world.dead = 1;
    await own(here).screen.start();
    await settle();
    expect(own(here).screen.stream).toBe(first);
    expect(told(here)).toMatchObject({ screen: true });
  });

  it('leaves the camera to come and go meanwhile', async () => {
    const here = await sharing();
    await own(here).setVideo(true);
    expect(told(here)).toEqual({ audio: true, video: true, screen: true });
    await own(here).setVideo(false);
    own(here).screen.stop();
    await settle();
    expect(told(here)).toEqual({ audio: true, video: false });
    expect(sends(here)).toEqual(['audio', undefined, undefined, undefined]);
  });

  it('says nothing when the person closes the question, and names a system that forbids it', async () => {
    const here = await talking();
    here.world.screen = 'Permission denied';
    await own(here).screen.start();
    expect([own(here).screen.stream, own(here).screen.blocked]).toEqual([undefined, false]);
    here.world.screen = 'Permission denied by system';
    await own(here).screen.start();
    expect(own(here).screen.blocked).toBe(true);
    expect(here.link.step('media')).toEqual([]);
  });

  it('is let go of when the call ends while the browser asks', async () => {
    const here = await talking();
    const asking = own(here).screen.start();
    here.desk.current?.hangUp();
    await asking;
    await settle();
    expect(shared(here).getTracks().every((track) => track.stopped)).toBe(true);
  });

  it('uses the section that the other side made for theirs', async () => {
    const here = await talking();
    here.world.peer.meet('video');
    await own(here).screen.start();
    await settle();
    expect(here.world.peer.transceivers).toHaveLength(3);
    expect(here.world.peer.transceivers[2]).toMatchObject({ direction: 'sendrecv' });
  });
});

describe('their screen', () => {
  it('is apart from their camera, and gone as soon as they say so', async () => {
    const here = await talking();
    const call = here.desk.current!;
    const camera = call.farStream;
    const { receiver } = here.world.peer.meet('video');
    expect(call.farScreen).toBeUndefined();
    here.link.say({ type: 'media', key: 'key1', from: 'e9', media: { ...VOICE, screen: true } });
    expect(call.farScreen?.getTracks()).toEqual([receiver.track]);
    expect(call.farStream).toBe(camera);
    here.link.say({ type: 'media', key: 'key1', from: 'e9', media: VOICE });
    expect(call.farScreen).toBeUndefined();
    // Shown again in the same section, which no track event tells.
    here.link.say({ type: 'media', key: 'key1', from: 'e9', media: { ...VOICE, screen: true } });
    expect(call.farScreen?.getTracks()).toEqual([receiver.track]);
  });
});
