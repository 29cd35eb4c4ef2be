import type { Picture } from '../feed.ts';
import { type Connection, connect } from './connection.ts';
import { askServer } from './controls.ts';
import { decisionList } from './decision-list.ts';
import { html, part, setText } from './element.ts';
import { announcement } from './headline.ts';
import { icon } from './icons.ts';
import { Moment } from './moment.ts';
import { originList } from './origin-list.ts';
import { overview } from './overview.ts';
import { status } from './status.ts';
import { Stretch } from './stretch.ts';
import { themeButton } from './theme.ts';
import { toolbar } from './toolbar.ts';
import { verdictOf } from './verdict.ts';
import { viewSwitch } from './view-switch.ts';

const moment = new Moment();
const stretch = new Stretch();
const decisions = decisionList();
const head = overview();
const state = status();
const bar = toolbar(() => draw());
const views = viewSwitch();
const list = originList({
  moment,
  controls: askServer,
  showDecisions: (origin) => {
    views.show('decisions');
    decisions.show(origin);
  },
});

let newest: Picture | undefined;
let shown: Picture | undefined;
let connection: Connection = { state: 'connecting' };
let paused = false;

themeButton();
pauseButton();
connect(
  (picture) => {
    announce(newest, picture);
    newest = picture;
    if (!paused) shown = picture;
    draw();
  },
  (next) => {
    if (next.state !== connection.state && connection.state !== 'connecting') {
      say(next.state === 'lost' ? 'Connection to the server lost.' : 'Connected again.');
    }
    connection = next;
    drawStatus();
  },
);
document.addEventListener('visibilitychange', draw);

function drawStatus(): void {
  state.draw({ connection, at: shown?.at ?? 0, paused });
}

/** A page that nobody sees draws nothing; it does when it is looked at again. */
function draw(): void {
  if (!shown || document.hidden) return;
  const picture = stretch.of(shown);
  const judged = picture.origins.map(
    (origin) => [origin, verdictOf(origin, picture.bucket)] as const,
  );
  head.draw(judged, picture);
  bar.draw(judged);
  const matching = list.draw(judged, picture, bar.filter);
  part('no-call', HTMLElement).hidden = judged.length > 0;
  part('no-match', HTMLElement).hidden = judged.length === 0 || matching > 0;
  decisions.draw(picture.decisions);
  drawStatus();
}

function pauseButton(): void {
  const button = part('pause', HTMLButtonElement);
  const sign = icon('pause');
  const label = html('span');
  button.append(sign.node, label);
  const show = () => {
    setText(label, paused ? 'Resume' : 'Pause');
    sign.show(paused ? 'play' : 'pause');
  };
  button.addEventListener('click', () => {
    paused = !paused;
    if (!paused) shown = newest;
    show();
    draw();
  });
  show();
}

/** Told also while the page is paused: a circuit does not wait for the reader. */
function announce(before: Picture | undefined, after: Picture): void {
  if (!before) return;
  const text = announcement(circuitsOf(before), circuitsOf(after));
  if (text) say(text);
}

function circuitsOf({ origins }: Picture) {
  return new Map(
    origins.map(({ client, origin, circuit }) => [`${origin} (${client})`, circuit] as const),
  );
}

function say(text: string): void {
  setText(part('announcer', HTMLElement), text);
}
