/** Holds back who delivers, as long as who reads wants it. */
export class Gate {
  #open: Promise<void> | undefined;
  #release: (() => void) | undefined;

  get isShut(): boolean {
    return this.#open !== undefined;
  }

  /** Settles once it is open; there only while it is shut. */
  get open(): Promise<void> | undefined {
    return this.#open;
  }

  shut(): void {
    this.#open ??= new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  release(): void {
    this.#open = undefined;
    this.#release?.();
  }
}
