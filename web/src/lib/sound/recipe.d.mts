export const RATE: number;
export const RECIPES: Record<
  'ring' | 'ringback' | 'waiting' | 'connected' | 'hang_up' | 'lost' | 'message' | 'message_drop' | 'message_reed' | 'message_pair' | 'microphone_on' | 'microphone_off',
  () => Float64Array
>;
export function wav(samples: Float64Array): Buffer;
