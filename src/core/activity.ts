/**
 * What a client has under way, and whether it may begin more. Whatever a client that was extended does counts for those
 * it was extended from: they share connections, and none may close them under it.
 */
export class Activity {
  readonly #parent: Activity | undefined;
  #underWay = 0;
  #closed = false;
  #onIdle: (() => void) | undefined;

  constructor(parent?: Activity) {
    this.#parent = parent;
  }

  get underWay(): number {
    return this.#underWay;
  }

  get closed(): boolean {
    return this.#closed || (this.#parent?.closed ?? false);
  }

  begin(): void {
    this.#underWay++;
    this.#parent?.begin();
  }

  end(): void {
    this.#underWay--;
    if (this.#underWay === 0) this.#onIdle?.();
    this.#parent?.end();
  }

  /** Lets nothing more begin, and waits for what has begun. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#underWay === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }
}
