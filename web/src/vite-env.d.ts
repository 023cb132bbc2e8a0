/// <reference types="vite/client" />
/// <reference types="svelte" />

/** Made by `build/sprite.ts`. */
declare module 'virtual:icons' {
  /** Every icon as a `<symbol>` of the sprite. */
  const symbols: string;
  export default symbols;
}

/** Made by `build/emoji.ts`. */
declare module 'virtual:emoji/all' {
  /** The picture, its names, its group, and its five skin tones; words are apart by spaces. */
  const rows: [picture: string, names: string, group: number, tones?: string][];
  export default rows;
}
declare module 'virtual:emoji/en' {
  /** What it is called, and what else it is found by; in the order of the pictures. */
  const rows: [label: string, tags: string][];
  export default rows;
}
declare module 'virtual:emoji/pt' {
  const rows: [label: string, tags: string][];
  export default rows;
}
