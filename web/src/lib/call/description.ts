/** Descriptions (SDP, RFC 8866) as they are said to the other side. */

/**
 * A description without attributes of payload types that its section does not have. Firefox leaves the feedback of a codec there
 * that `setCodecPreferences` took out, and Chromium then refuses the whole description.
 */
export function withoutStrays(sdp: string): string {
  let types: Set<string> | undefined;
  const lines = sdp.split('\r\n').filter((line) => {
    // RFC 8866 §5.14: m=<media> <port> <proto> <fmt> …
    if (line.startsWith('m=')) types = new Set(line.split(' ').slice(3));
    const type = /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+) /.exec(line)?.[1];
    return type === undefined || (types?.has(type) ?? true);
  });
  return lines.join('\r\n');
}
