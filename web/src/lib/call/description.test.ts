import { describe, expect, it } from 'vitest';

import { withoutStrays } from './description.ts';

const lines = (...all: string[]): string => all.map((line) => `${line}\r\n`).join('');

describe('a description as it is said', () => {
  // As Firefox 153 makes it after `setCodecPreferences`.
  it('has no attributes of payload types that are not in its section', () => {
    const sections = [
      ['m=audio 57046 UDP/TLS/RTP/SAVPF 109 101', 'a=fmtp:101 0-15', 'a=rtcp-fb:109 transport-cc', 'a=rtpmap:109 opus/48000/2'],
      ['m=video 0 UDP/TLS/RTP/SAVPF 120 99', 'a=rtcp-fb:99 nack', 'a=rtcp-fb:120 nack', 'a=rtpmap:99 AV1/90000', 'a=rtpmap:120 VP8/90000'],
      ['m=video 0 UDP/TLS/RTP/SAVPF 120 124', 'a=fmtp:124 apt=120', 'a=rtcp-fb:120 nack pli', 'a=rtcp-fb:* ccm fir', 'a=rtpmap:120 VP8/90000'],
    ];
    const clean = lines('v=0', 's=-', ...sections.flat());
    const strays = ['a=rtcp-fb:99 nack', 'a=rtcp-fb:123 goog-remb', 'a=fmtp:119 apt=122'];
    expect(withoutStrays(lines('v=0', 's=-', ...sections.flat(), ...strays))).toBe(clean);
    expect(withoutStrays(clean)).toBe(clean);
  });

  it('stays as it is where there is nothing to leave out', () => {
    const data = lines('v=0', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=sctp-port:5000');
    expect([withoutStrays(data), withoutStrays('')]).toEqual([data, '']);
  });
});
