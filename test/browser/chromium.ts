import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Starts the Chromium that `CHROMIUM` names, or the first on the path. */
export async function startChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM || findOnPath();
  if (executablePath === undefined) {
    throw new Error(
      `These tests need Chromium: install it (Debian: apt-get install chromium), or name it in CHROMIUM. None of ${names.join(', ')} is on the path.`,
    );
  }
  // Chromium has no sandbox for root, which is who runs in a container.
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return chromium.launch({ executablePath, args });
}

function findOnPath(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
}
