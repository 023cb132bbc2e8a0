/** The sheet of all keys: whether it is open. */
class Sheet {
  open = $state(false);

  show(): void {
    this.open = true;
  }

  close(): void {
    this.open = false;
  }
}

export const sheet = new Sheet();
