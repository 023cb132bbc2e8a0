/** What the connection to the server is given, and what it tells of itself. */
import type { Abilities } from './api/Abilities.ts';
import type { Http } from './http.ts';

export type Socket = Pick<WebSocket, 'send' | 'close' | 'onopen' | 'onmessage' | 'onclose'>;

export type Ports = {
  http: Http;
  /** Opens the WebSocket of the API. */
  open: () => Socket;
  /** Own time, in ms. */
  now: () => number;
  /** 0 ≤ x < 1, for the jitter of the waits. */
  random: () => number;
  abilities: () => Abilities;
};

/** Why the server will not have this device any more. */
export type Ending = 'not_signed_in' | 'signed_out' | 'blocked';

export type Status = 'offline' | 'connecting' | 'online';
