import type { OriginPicture } from '../feed.ts';
import { html, part, setText } from './element.ts';

/** What an operator may do with a circuit. */
export type Action = 'open' | 'isolate' | 'close';

/** Does it, or throws an error whose message can be shown. */
export type Controls = (origin: OriginPicture, action: Action) => Promise<void>;

/** What keeps calls from an origin is asked for twice. */
const questions = {
  open: {
    ask: (origin: string) => `Open the circuit of ${origin}?`,
    tell: 'Calls are refused until a probe succeeds, as if the origin had failed.',
    yes: 'Open the circuit',
  },
  isolate: {
    ask: (origin: string) => `Isolate ${origin}?`,
    tell: 'Every call is refused until somebody closes the circuit by hand.',
    yes: 'Isolate it',
  },
} as const;

/** Asks the server. It decides who may do that; the browser sends what credentials it has for this page. */
export const askServer: Controls = async ({ client, origin }, action) => {
  const response = await fetch('circuit', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client, origin, action }),
  });
  if (response.ok) return;
  const text = (await response.text()).slice(0, 200);
  throw new Error(text || `The server answered ${response.status}.`);
};

/** The buttons of one card; none where the server offers no controls. */
export function controlsOf(act: Controls) {
  const outcome = html('span', { class: 'outcome', role: 'status' });
  let latest: OriginPicture | undefined;
  const run = async (action: Action) => {
    if (!latest || (action !== 'close' && !(await confirmed(action, latest.origin)))) return;
    setText(outcome, 'Asking…');
    try {
      await act(latest, action);
      setText(outcome, '');
    } catch (error) {
      setText(outcome, error instanceof Error ? error.message : String(error));
    }
  };
  const button = (action: Action, label: string) => {
    const node = html('button', { type: 'button', class: 'control', 'data-action': action }, label);
    node.addEventListener('click', () => run(action));
    return node;
  };
  const open = button('open', 'Open circuit…');
  const isolate = button('isolate', 'Isolate…');
  const close = button('close', 'Close circuit');
  const group = { class: 'controls', role: 'group', 'aria-label': 'Circuit', hidden: '' };
  const node = html('div', group, outcome, open, isolate, close);
  return {
    node,
    draw(origin: OriginPicture, offered: boolean) {
      latest = origin;
      node.hidden = !offered;
      disable(open, origin.circuit === 'open' || origin.circuit === 'isolated');
      disable(isolate, origin.circuit === 'isolated');
      disable(close, origin.circuit === 'closed');
    },
  };
}

/** A button that has the focus keeps it: a reader at the keyboard would be thrown to the top of the page. */
function disable(button: HTMLButtonElement, pointless: boolean): void {
  button.disabled = pointless && document.activeElement !== button;
}

function confirmed(action: keyof typeof questions, origin: string): Promise<boolean> {
  const dialog = part('confirm', HTMLDialogElement);
  const question = questions[action];
  setText(part('confirm-question', HTMLElement), question.ask(origin));
  setText(part('confirm-consequence', HTMLElement), question.tell);
  const yes = part('confirm-yes', HTMLButtonElement);
  setText(yes, question.yes);
  dialog.returnValue = '';
  return new Promise((resolve) => {
    yes.onclick = () => dialog.close('yes');
    part('confirm-no', HTMLButtonElement).onclick = () => dialog.close();
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
    dialog.showModal();
  });
}
