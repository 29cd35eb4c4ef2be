import { part } from './element.ts';

type View = 'origins' | 'decisions';

/** Where the page is too narrow for two columns, one of them is shown. */
export function viewSwitch() {
  const buttons = [...part('views', HTMLElement).querySelectorAll('button')];
  const show = (view: View) => {
    document.body.dataset.view = view;
    for (const button of buttons) {
      button.setAttribute('aria-pressed', String(button.dataset.view === view));
    }
  };
  for (const button of buttons) {
    button.addEventListener('click', () => show(button.dataset.view as View));
  }
  part('skip', HTMLElement).addEventListener('click', () => show('decisions'));
  return { show };
}
