/** The WebSocket subprotocol that both sides name. */
export const SUBPROTOCOL = 'skein.v1';
