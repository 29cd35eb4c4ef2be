import type { Figures } from './load.ts';
import type { Sizes } from './sizes.ts';

/** One figure of a row. */
export interface Column {
  readonly key: string;
  readonly head: string;
  readonly digits: number;
  /** What is better, where it is a merit. */
  readonly better?: 'less' | 'more';
  /** What is too small a difference to say anything, where the figures are near nothing. */
  readonly blur?: number;
  /** Those it is divided by in further columns. */
  readonly against?: readonly string[];
  /** Whose figure is taken from it in one more column. */
  readonly over?: string;
}

/** One thing that is measured, and whom it is measured for: a table of the results. */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly names: readonly string[];
  /** Measured where it is named, by a script of its own. */
  readonly apart?: true;
  /** How those are set up that stand in this table alone. */
  readonly uses?: readonly { readonly name: string; readonly about: string }[];
  readonly columns: readonly Column[];
  /** Measures one of them, in a process that does nothing else. */
  measure(name: string, where: { readonly url: string; readonly sizes: Sizes }): Promise<Figures>;
}
