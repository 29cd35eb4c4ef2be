/** What the upstream answers to a request. */
export const answerTo = (id: string) => Buffer.from(`answer ${id}`);

/** A body that is too long for one packet, and of which no two places are alike. */
export function fileOf(id: string): Buffer {
  return Buffer.from(Array.from({ length: 4_000 }, (_, line) => `${id} ${line}\n`).join(''));
}
