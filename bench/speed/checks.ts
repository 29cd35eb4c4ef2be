/** A call goes wrong where its answer is another than the server's. */
export function whole(answer: unknown): void {
  const id = answer && typeof answer === 'object' && 'id' in answer && answer.id;
  if (id !== 1) throw new Error(`not the answer: ${JSON.stringify(answer)}`);
}

/** A body that is as long as it is. */
export function exactly(expected: number, length: number): void {
  if (length !== expected) throw new Error(`${length} bytes and not ${expected}`);
}

/** How long a body is that is read as it comes. */
export async function streamed(stream: AsyncIterable<Uint8Array>): Promise<number> {
  let length = 0;
  for await (const chunk of stream) length += chunk.length;
  return length;
}
