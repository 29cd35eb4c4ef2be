import { Client } from '@notionhq/client';
import { json } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';

const open = (fetch: typeof globalThis.fetch, baseUrl: string) =>
  new Client({ auth: 'key', baseUrl, fetch, retry: false, logger() {} });

dropIn({
  sdk: '@notionhq/client',
  abortable: false,
  service: ({ method, body }, response) => {
    if (method === 'GET') json(response, { object: 'user', id: 'one', name: 'Grüße' });
    else json(response, { object: 'comment', id: `${body.length} bytes` });
  },
  read: (fetch, origin) => open(fetch, origin).users.retrieve({ user_id: 'one' }),
  write: (fetch, origin) => {
    const content = 'Grüße '.repeat(10_000);
    return open(fetch, origin).comments.create({
      parent: { page_id: 'one' },
      rich_text: [{ text: { content } }],
    });
  },
});
