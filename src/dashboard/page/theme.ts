import { part } from './element.ts';
import { icon } from './icons.ts';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];

const place = 'resilient-fetch.theme';

/** The button that goes from what the system wants to light, to dark, and back. */
export function themeButton(): void {
  const button = part('theme', HTMLButtonElement);
  const sign = icon('auto');
  button.append(sign.node);
  let theme = remembered();
  const show = () => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    sign.show(theme);
    button.setAttribute('aria-label', `Theme: ${theme}`);
    button.title = `Theme: ${theme}`;
  };
  button.addEventListener('click', () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
    remember(theme);
    show();
  });
  show();
}

/** Storage may be switched off, and then asking for it throws; the theme is not worth an error. */
function remembered(): Theme {
  try {
    const value = localStorage.getItem(place);
    return themes.find((theme) => theme === value) ?? 'auto';
  } catch {
    return 'auto';
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(place, theme);
  } catch {
    // See above: then it lasts as long as the page.
  }
}
