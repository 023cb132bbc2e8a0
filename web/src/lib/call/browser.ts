/** The browser as calls use it. */
import type { Command } from '../api/Command.ts';
import { PREFIX } from '../http.ts';
import { callElsewhere } from './other-tab.ts';
import type { World } from './world.ts';

/** Looks at a level per second. */
const METER_EVERY = 60;

export const browser: World = {
  peer: (config) => new RTCPeerConnection(config),
  // On a page without HTTPS there is no `mediaDevices`: the `TypeError` says so.
  capture: async (wish) => navigator.mediaDevices.getUserMedia(wish),
  ...('getDisplayMedia' in (navigator.mediaDevices ?? {}) ? { display: () => navigator.mediaDevices.getDisplayMedia({ video: true, audio: true }) } : {}),
  screenCodecs: () => (RTCRtpReceiver.getCapabilities?.('video')?.codecs ?? []).filter(({ mimeType, sdpFmtpLine }) => {
    return /^video\/(vp8|rtx)$/i.test(mimeType) || (/^video\/vp9$/i.test(mimeType) && !/profile-id=[1-9]/.test(sdpFmtpLine ?? ''));
  }),
  devices: async () => (await navigator.mediaDevices?.enumerateDevices()) ?? [],
  onDevices(changed) {
    navigator.mediaDevices?.addEventListener('devicechange', changed);
    return () => navigator.mediaDevices?.removeEventListener('devicechange', changed);
  },
  stream: (tracks) => new MediaStream(tracks),
  meter,
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  every(ms, run) {
    const timer = setInterval(run, ms);
    return () => clearInterval(timer);
  },
  key: () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(''),
  farewell,
  onLeaving(leaving) {
    window.addEventListener('pagehide', leaving);
    return () => window.removeEventListener('pagehide', leaving);
  },
  onNetwork(changed) {
    window.addEventListener('online', changed);
    return () => window.removeEventListener('online', changed);
  },
  hold,
  letGo(name) {
    held.get(name)?.();
    held.delete(name);
  },
  keepInTab(name, value) {
    try {
      if (value === undefined) sessionStorage.removeItem(`skein.${name}`);
      else sessionStorage.setItem(`skein.${name}`, value);
    } catch {
      // Storage is full or forbidden: a reload then offers no way back.
    }
  },
  inTab(name) {
    try {
      return sessionStorage.getItem(`skein.${name}`) ?? undefined;
    } catch {
      return undefined;
    }
  },
  remember(name, value) {
    try {
      localStorage.setItem(`skein.${name}`, value);
    } catch {
      // Storage is full or forbidden: it holds until the page closes.
    }
  },
  recall(name) {
    try {
      return localStorage.getItem(`skein.${name}`) ?? undefined;
    } catch {
      return undefined;
    }
  },
  agent: `browser ${agentOf(navigator.userAgent)}`,
};

/** Names that this page holds, and how it gives them back. */
const held = new Map<string, () => void>();

/** Web Locks end with the page, however it ends. Where there are none (no HTTPS), every page is alone. */
function hold(name: string): Promise<boolean> {
  if (held.has(name) || !('locks' in navigator)) return Promise.resolve(true);
  return new Promise((got) => {
    navigator.locks
      .request(`skein.${name}`, { ifAvailable: true }, (lock) => {
        got(lock !== null);
        return lock === null ? undefined : new Promise<void>((done) => held.set(name, done));
      })
      .catch(() => got(true));
  });
}

/** Whether another tab of this browser is in a call. */
export const inCallElsewhere = (): Promise<boolean> => callElsewhere(navigator.locks as LockManager | undefined, held);

/** One POST each with `keepalive`: they outlive the page (Fetch, §4.5; 64 KiB in all). */
function farewell(commands: Command[]): void {
  for (const command of commands) {
    void fetch(`${PREFIX}/command`, {
      method: 'POST',
      credentials: 'same-origin',
      keepalive: true,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(command),
    }).catch(() => {});
  }
}

/** The peak of what a track carries, scaled so that speech fills most of the meter: −60 dBFS is 0, 0 dBFS is 1. */
function meter(track: MediaStreamTrack, heard: (level: number) => void): () => void {
  const context = new AudioContext();
  const source = context.createMediaStreamSource(new MediaStream([track]));
  const analyser = context.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  // Without a gesture before it the context waits; it goes on with the first one.
  void context.resume().catch(() => {});
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    if (context.state !== 'running') return; // nothing is heard yet, which is not the same as silence
    analyser.getFloatTimeDomainData(samples);
    let peak = 0;
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
    heard(peak <= 0.001 ? 0 : Math.min(1, 1 + (20 * Math.log10(peak)) / 60));
  }, METER_EVERY);
  return () => {
    clearInterval(timer);
    source.disconnect();
    void context.close().catch(() => {});
  };
}

/** Name and version, such as `Firefox/153.0`. */
function agentOf(userAgent: string): string {
  return /(Firefox|Edg|OPR|Chrome|Version)\/[\d.]+/.exec(userAgent)?.[0] ?? 'unknown';
}
