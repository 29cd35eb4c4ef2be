import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** A page that is watched for what must not happen on it. */
export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors of its scripts and of its console, and breaches of its policy; those of the network are a test's own doing. */
  readonly faults: readonly string[];
}

/** Opens a dashboard, and waits until it has drawn its first picture. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({
    ...{ viewport: { width: 1_280, height: 900 }, colorScheme: 'light', ...options },
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (message) => {
    const isNetwork = message.text().startsWith('Failed to load resource');
    if (['error', 'warning'].includes(message.type()) && !isNetwork) faults.push(message.text());
  });
  await page.exposeFunction('reportFault', (fault: string) => faults.push(fault));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      const report = Reflect.get(window, 'reportFault') as (fault: string) => void;
      report(`${violatedDirective}: ${blockedURI}`);
    });
  });
  await page.goto(url);
  await page.waitForSelector('#connection[data-state="live"]');
  return { page, faults, [Symbol.asyncDispose]: () => context.close() };
}
