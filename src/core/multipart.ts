/** The part of a FormData that encoding needs; any realm's FormData has it. */
export interface FormEntries {
  [Symbol.iterator](): Iterator<[string, string | Blob]>;
}

/**
 * Encodes a form once, so that every attempt sends the same bytes. The platform draws a new boundary each time it is
 * given a FormData (undici 6 and 7, so Node 22 and 24), and a server that compares a retried request with the first, as
 * it may under an Idempotency-Key, would see another body. Files stay where they are: a Blob of Blobs reads nothing.
 *
 * The encoding is the one of the HTML standard, section "multipart form data".
 */
export function encodeForm(form: FormEntries, boundary: string): Blob {
  const parts: (string | Blob)[] = [];
  for (const [name, value] of form) {
    const disposition = `--${boundary}\r\nContent-Disposition: form-data; name="${quote(crlf(name))}"`;
    if (typeof value === 'string') {
      parts.push(`${disposition}\r\n\r\n${crlf(value)}\r\n`);
      continue;
    }
    const filename = (value as File).name ?? 'blob';
    // as the platform has it: the standard has an empty name here, which some servers take for a field
    const named = filename === '' ? '' : `; filename="${quote(filename)}"`;
    const type = value.type || 'application/octet-stream';
    parts.push(`${disposition}${named}\r\nContent-Type: ${type}\r\n\r\n`, value, '\r\n');
  }
  parts.push(`--${boundary}--\r\n`);
  return new Blob(parts, { type: `multipart/form-data; boundary=${boundary}` });
}

function quote(text: string): string {
  return text.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');
}

function crlf(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n');
}
