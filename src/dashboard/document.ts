import { createHash } from 'node:crypto';
import type { Assets } from './page-assets.ts';

/** The page in one piece, and the policy that lets nothing but its own script and style run in it. */
export interface Document {
  readonly html: string;
  readonly policy: string;
}

/** Puts style and script into the page. */
export function documentOf(assets: Assets): Document {
  const style = normal(assets.css).replace(/<(?=\/style)/gi, '\\3C ');
  const script = normal(assets.js).replace(/<(?=\/script|!--)/gi, '\\x3C');
  const html = [
    ['<style></style>', `<style>${style}</style>`] as const,
    ['<script type="module"></script>', `<script type="module">${script}</script>`] as const,
  ].reduce(fillIn, normal(assets.html));
  return { html, policy: policyFor(hashOf(style), hashOf(script)) };
}

/** As a browser reads it, which is what it takes the hash of. */
function normal(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

function fillIn(html: string, [empty, full]: readonly [string, string]): string {
  const parts = html.split(empty);
  if (parts.length !== 2) throw new Error(`page.html has ${parts.length - 1} × ${empty}, not 1`);
  return parts.join(full);
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function policyFor(style: string, script: string): string {
  return [
    "default-src 'none'",
    `style-src ${style}`,
    `script-src ${script}`,
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
