/** One name in an expression, with the labels that it is asked by. */
export interface Selector {
  readonly name: string;
  readonly matchers: readonly Matcher[];
}

interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** What an expression asks for. */
export interface Asked {
  readonly selectors: readonly Selector[];
  /** Labels that it groups or joins by. */
  readonly grouping: readonly string[];
}

const token = /"(?:[^"\\]|\\.)*"|\[[^\]]*\]|\d[\w.]*|[a-zA-Z_:][\w:]*|=~|!~|!=|[^\s]/g;
const isName = (word: string | undefined) => word !== undefined && /^[a-zA-Z_:]/.test(word);
const groupings = ['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'];
const operators = ['and', 'or', 'unless', 'bool', 'offset'];

/** Reads as much of PromQL as it takes to tell names from functions. Its grammar is promtool's business. */
export function asked(expression: string): Asked {
  const words: string[] = expression.match(token) ?? [];
  const selectors: Selector[] = [];
  const grouping: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const next = words[at + 1];
    if (groupings.includes(word) && next === '(') {
      const end = words.indexOf(')', at);
      grouping.push(...words.slice(at, end).filter((one) => isName(one) && one !== word));
      at = end;
    } else if (isName(word) && !operators.includes(word) && next !== '(' && !isGrouped(next)) {
      const end = next === '{' ? words.indexOf('}', at) : at;
      selectors.push({ name: word, matchers: matchersIn(words.slice(at + 2, end)) });
      at = end;
    }
  }
  return { selectors, grouping };
}

/** Whether a word before this one is an aggregation such as `sum`, whose grouping may come first. */
const isGrouped = (next: string | undefined) => next === 'by' || next === 'without';

function matchersIn(words: readonly string[]): Matcher[] {
  const matchers: Matcher[] = [];
  for (let at = 0; at + 2 < words.length; at += 4) {
    const [label = '', operator = '', value = '""'] = words.slice(at, at + 3);
    matchers.push({
      label,
      operator: operator as Matcher['operator'],
      value: JSON.parse(value) as string,
    });
  }
  return matchers;
}
