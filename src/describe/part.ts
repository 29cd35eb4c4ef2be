/** One thing that a client does, in words. */
export interface Part {
  readonly name: string;
  /** The options that it comes from: whole sets of them, or single ones of a set that another part is of. */
  readonly options: readonly string[];
  /** `false` where it is off. */
  readonly words: string | false;
}
