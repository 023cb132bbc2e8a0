import { tick, type Component } from 'svelte';

import { again } from '../lib/again.ts';
import { words } from '../lib/words.svelte.ts';

/** What is loaded when it is needed: who signs in does not wait for the chats, who is signed in not for the door. */
export class Late {
  /** Everything before the chats. */
  door = $state.raw<Component>();
  /** Everything of a signed-in reader. */
  frame = $state.raw<Component>();
  /** Rings, the stage and everything else of a call: above every page. */
  callLayer = $state.raw<Component>();
  failed = $state(false);

  async loadDoor(): Promise<void> {
    await this.#load(async () => {
      if (this.door) return;
      const [{ default: door }] = await Promise.all([again(() => import('./front/Door.svelte')), again(() => words.also('door'))]);
      this.door = door;
    });
  }

  async loadFrame(): Promise<void> {
    await this.#load(async () => {
      this.frame ??= (await again(() => import('./Frame.svelte'))).default;
    });
  }

  /** Loads the layer of calls and draws it, so that it listens before the first event comes. */
  async loadCalls(): Promise<void> {
    if (this.callLayer) return;
    const [{ default: layer }] = await Promise.all([
      again(() => import('./call/CallLayer.svelte')), again(() => words.also('call')),
    ]);
    this.callLayer = layer;
    await tick();
  }

  async #load(read: () => Promise<void>): Promise<void> {
    this.failed = false;
    try {
      await read();
    } catch {
      this.failed = true;
    }
  }
}

export const late = new Late();
