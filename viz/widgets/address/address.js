// @ts-check
// The address of a moment: what stands in the page's controls is written into the query, and the query is put into the
// controls, all in the browser. viz/address.py says which controls there are.

import { say } from '../say.js';
import { hints } from './glossary.js';
import { takeAway } from './locks.js';
import { settle } from './settle.js';

/**
 * @typedef {{tab: string, name: string, kind: "flag" | "number" | "text" | "list", usual: unknown,
 *   id?: string, hint?: string, choices?: string[], least?: number, most?: number, whole?: boolean}} Control
 * @typedef {{usual: string, apply: (text: string) => boolean, early?: boolean}} Adopted what a widget keeps for itself
 */

const VERSION = '1';
const PAUSE = 250; // ms between two changes of the address: Chromium stops a page that changes it too often
const LONGEST = 4000; // characters of one value
const SKIP = { __type__: 'update' };
/** Keys of the query that are not about controls and stay as they are. */
const KEPT = ['view', 'hide', 'lock', 'lang', '__theme'];
/** What goes along to other rooms. */
const SUBJECT = ['digit', 'cover', 'seed'];
const SHELF = 'easel-seed';

/** @type {Record<Control["kind"], [(value: any) => string, (text: string) => any]>} */
const KINDS = {
  flag: [(value) => (value ? '1' : '0'), (text) => text === '1'],
  number: [(value) => (value === null || value === undefined ? '' : String(value)), Number],
  text: [(value) => String(value ?? ''), String],
  list: [(value) => [...(value ?? [])].join(','), (text) => (text ? text.split(',') : [])],
};

/** @type {Control[]} */
let controls = [];
/** @type {string[]} */
let tabs = [];
/** What each tab paints of the page's subject. @type {Record<string, string>} */
let subjects = {};
/** @type {Map<string, Adopted>} */
const adopted = new Map();
/** What stands in the controls now, as text, by "tab/name"; of the whole page by "/name". @type {Record<string, string>} */
export const current = {};
/** @type {Set<() => void>} */
const watchers = new Set();
let asked = new URLSearchParams(location.search); // before any tab is mounted and writes
/** The tab on the screen and, while the page goes there of itself, the one it goes to. @type {string | null} */
let shown = null;
/** @type {string | null} */
let wanted = null;
let first = true;
/** What of the first query no widget could read. @type {Set<string>} */
const unread = new Set();
/** What a person changed before the query stood in the controls. @type {Map<string, () => void>} */
const early = new Map();
let timer = 0;
/** @type {(value: null) => void} */
let go = () => {};
/** Kept once the query stands in the controls. */
export const ready = new Promise((resolve) => {
  go = resolve;
});

/** @param {string} tab @param {string} name */
const key = (tab, name) => `${tab}/${name}`;
/** @param {Control} control */
const usualText = (control) => KINDS[control.kind][0](control.usual);
const query = () => (first ? asked : new URLSearchParams(location.search));
/** The tab that the query names, or the first one. @param {URLSearchParams} from */
const tabOf = (from) => (tabs.includes(from.get('tab') ?? '') ? String(from.get('tab')) : (tabs[0] ?? ''));

/** @param {() => void} watcher called whenever a control has changed */
export function onControl(watcher) {
  watchers.add(watcher);
}

/** @param {Control} control @param {string} text */
function valid(control, text) {
  if (text.length > LONGEST) return false;
  if (control.kind === 'flag') return text === '0' || text === '1';
  if (control.kind === 'list')
    return KINDS.list[1](text).every((/** @type {string} */ each) => control.choices?.includes(each));
  if (control.choices) return control.choices.includes(text);
  if (control.kind !== 'number') return true;
  const number = Number(text);
  if (text.trim() === '' || !Number.isFinite(number) || (control.whole && !Number.isInteger(number))) return false;
  return number >= (control.least ?? -1e9) && number <= (control.most ?? 1e9);
}

/** One sentence on a link of which a part says nothing. @param {string[]} names */
export function complain(names) {
  const place = document.querySelector('.easel-note');
  if (!place) return;
  place.textContent = names.length
    ? say('A part of this link could not be read ({names}); everything else is as it was sent.', {
        names: names.join(', '),
      })
    : '';
}

/** What a widget keeps for itself becomes part of the address; `apply` puts a text there and says whether it could.
 * @param {string} tab @param {string} name @param {Adopted} what */
export function adopt(tab, name, what) {
  const before = adopted.has(key(tab, name)); // it has been away and comes back as it was
  adopted.set(key(tab, name), what);
  if (before) return;
  current[key(tab, name)] ??= what.usual;
  const text = asked.get(name);
  if (text !== null && (!tab || tab === tabOf(asked))) {
    if (text.length > LONGEST || !what.apply(text)) complain([...unread.add(name)]);
    else current[key(tab, name)] = text;
  }
  if (!first) tellWatchers();
}

/** Values for all controls, the tabs last: what the query says, or what stands there. @param {any[]} values */
function fill(values) {
  const from = query();
  asked = from; // also by widgets of a tab that is opened by it for the first time
  const tab = tabOf(from);
  const bad = from.has('tab') && !tabs.includes(from.get('tab') ?? '') ? ['tab'] : [];
  if (Number(from.get('v') ?? VERSION) > Number(VERSION)) bad.push('v');
  const seen = controls.filter((control) => control.id && (!control.tab || control.tab === tab));
  bad.push(...takeAway(from, Object.fromEntries(seen.map(({ name, id }) => [name, String(id)]))));
  const out = controls.map((control, place) => {
    const { name } = control;
    if (control.tab && control.tab !== tab) return SKIP;
    const [pack, unpack] = KINDS[control.kind];
    const now = pack(values[place]);
    const kept = control.tab ? null : stored(name);
    let text = from.get(name) ?? kept ?? usualText(control);
    if (first && now !== usualText(control) && valid(control, now)) text = now; // changed before the query was read
    if (!valid(control, text)) {
      if (from.has(name)) bad.push(name);
      text = usualText(control);
    }
    current[key(control.tab, name)] = text;
    return now === text ? SKIP : unpack(text);
  });
  if (!first) {
    for (const [each, { usual, apply }] of adopted) {
      const [of, name] = each.split('/');
      if (of && of !== tab) continue;
      const text = from.get(name) ?? usual;
      if (text !== current[each] && apply(text)) current[each] = text;
    }
  }
  if (!first) unread.clear();
  complain([...unread, ...bad]);
  wanted = !tabs.length || tab === shown ? null : tab;
  return tabs.length ? [...out, wanted ? { selected: tab, __type__: 'update' } : SKIP] : out;
}

/** The values of `fill` stand in the controls. */
function filled() {
  first = false;
  settle();
  easel.settled = true;
  go(null);
  tellWatchers();
  for (const write of early.values()) write();
  link();
}

function tellWatchers() {
  for (const watcher of watchers) watcher();
}

/** The query of what is on the screen; `whole` names the subject and the seed even if they are the usual ones.
 * @param {boolean} whole @param {boolean} [subjectOnly] nothing that is this room's own */
function compose(whole, subjectOnly = false) {
  const out = new URLSearchParams();
  const tab = shown ?? tabs[0] ?? '';
  if (!subjectOnly && tab && tab !== tabs[0]) out.set('tab', tab);
  const named = [
    ...controls.map((control) => ({ at: key(control.tab, control.name), usual: usualText(control) })),
    ...[...adopted].map(([at, { usual }]) => ({ at, usual })),
  ];
  for (const { at, usual } of named) {
    const [of, name] = at.split('/');
    if (subjectOnly ? !SUBJECT.includes(name) || of : of && of !== tab) continue;
    if (current[at] !== usual || (whole && !of)) out.set(name, current[at]);
  }
  const now = new URLSearchParams(location.search);
  for (const name of KEPT) if (now.has(name)) out.set(name, now.get(name) ?? '');
  if (out.size) out.set('v', VERSION);
  const text = out.toString().replaceAll('%2C', ',');
  return text ? `?${text}` : '';
}

/** The links to other rooms take the subject along. */
function link() {
  const room = compose(false, true);
  for (const each of document.querySelectorAll('a[data-room]')) {
    each.setAttribute('href', `${each.getAttribute('data-room')}${room}`);
  }
}

/** @param {boolean} push */
function flush(push) {
  clearTimeout(timer);
  timer = 0;
  if (wanted !== null) return; // on its way to the tab that the query names
  const url = `${location.pathname}${compose(false)}`;
  link();
  if (url === location.pathname + location.search) return;
  history[push ? 'pushState' : 'replaceState'](null, '', url);
}

/** What stands in a control, or in a widget, as text. @param {string} tab @param {string} name @param {string} text */
export function note(tab, name, text) {
  const at = key(tab, name);
  if (current[at] === text) return;
  current[at] = text;
  tellWatchers();
  if (!first) timer ||= setTimeout(() => flush(false), PAUSE);
}

/** @param {string} tab @param {string} name @param {any} value */
function write(tab, name, value) {
  const control = controls.find((each) => each.tab === tab && each.name === name);
  if (!control) return;
  if (first) {
    early.set(key(tab, name), () => write(tab, name, value));
    return;
  }
  const text = KINDS[control.kind][0](value);
  if (!tab && valid(control, text)) store(name, text);
  note(tab, name, text);
}

/** A tab has been opened. @param {string} id */
function tab(id) {
  if (timer) flush(false); // what was changed belongs to the address that is left
  shown = id;
  document.body.dataset.subject = subjects[id] ?? 'none';
  if (first || wanted !== null) {
    if (id === wanted) {
      wanted = null;
      if (!first) flush(false);
    }
    tellWatchers();
    return;
  }
  flush(true);
  tellWatchers();
}

/** Turns to another tab of this room with these texts in its controls, and the usual ones in all others.
 * @param {string} id @param {Record<string, string>} values */
export function turnTo(id, values) {
  if (timer) flush(false); // what was changed belongs to the address that is left
  const out = new URLSearchParams(compose(false, true));
  for (const [name, text] of Object.entries({ ...(id === tabs[0] ? {} : { tab: id }), ...values })) out.set(name, text);
  out.set('v', VERSION);
  history.pushState(null, '', `${location.pathname}?${out}`.replaceAll('%2C', ','));
  window.dispatchEvent(new PopStateEvent('popstate'));
  window.scrollTo(0, 0);
}

/** @param {string} name */
function stored(name) {
  try {
    return localStorage.getItem(`${SHELF}-${name}`);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string} text */
function store(name, text) {
  try {
    localStorage.setItem(`${SHELF}-${name}`, text);
  } catch {
    // refused or full: the address still says it
  }
}

/** The address of what is on the screen, complete, to be sent to somebody. */
export const linkOfNow = () => `${location.origin}${location.pathname}${compose(true)}`;

/** The widget's start. @param {{trigger: (name: string, data?: object) => void, props: any}} gradio */
export default function start({ trigger, props }) {
  ({ controls, tabs, subjects } = props.value);
  for (const { id, hint } of controls) if (id && hint) hints.set(id, hint);
  for (const control of controls) current[key(control.tab, control.name)] = usualText(control);
  window.addEventListener('popstate', () => trigger('fill', {}));
  trigger('fill', {});
}

const easel = { fill, filled, write, tab, link: linkOfNow, settled: false };
Object.assign(window, { easelAddress: easel });
