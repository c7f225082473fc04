// Written by scripts/make_types.py; do not edit.

/**
 * The value of the player widget. ``cell`` is the one selected at first, otherwise the selection stays.
 *
 * ``moment`` says which step it is, as within a sentence: ``stroke [[step]] of [[steps]]``, counted from 1.
 *
 * ``layers`` are the painter's, two of them, where it is a pixel model; ``by`` are the models behind
 * it, by name, where the stage does not say so; ``again`` is there where one call painted it.
 */
export interface Player {
  id: string;
  cell?: number;
  steps: number;
  fps: number;
  cells: number;
  columns: number;
  loop: boolean;
  autoplay: boolean;
  panels: Panel[];
  marks: MarkTrack[];
  cost: Cost | null;
  film: boolean;
  moment: string;
  note: Note | null;
  layers?: Layer[];
  by?: string[];
  again?: Again;
}

/**
 * ``data`` uint8 (H, W, C); ``box`` is the window to grab, or None; ``ghosts`` are others, drawn thin.
 *
 * ``names`` are the ghosts' labels, else they are numbered from 1. ``filters`` N draws N × N filter centres as dots;
 * ``spread`` is the distance from the first to the last of a row as a share of the box's side, (N − 1) / N unless
 * given. The window's side stays within ``smallest`` and ``largest``.
 */
export interface Aim {
  id: string;
  height: number;
  width: number;
  channels: number;
  data: string;
  kind: 'read' | 'write' | 'glimpse';
  box: number[] | null;
  ghosts: number[][];
  names?: string[];
  smallest: number;
  largest: number;
  filters: number;
  spread?: number;
}

/**
 * The value of the lens widget: a picture (H, W) of 0 and 255, the pixel in question and what each model says.
 *
 * ``eager``: the widget asks for missing views unasked. ``choose``: the view to be shown large at first. ``broken``:
 * :data:`BROKEN` answered with a mask that is wrong. ``whose``: the training whose model is among them. ``own``: the
 * picture is not the page's digit, and a value with several views is another picture.
 */
export interface Board {
  id: string;
  height: number;
  width: number;
  pixels: string;
  row: number;
  column: number;
  eager: boolean;
  choose: string | null;
  broken: boolean;
  whose: string;
  views: View[];
  own?: boolean;
}

/**
 * What the map shows of ``model``: codes are z = ``origin`` (d,) + x ``basis[0]`` + y ``basis[1]``.
 *
 * ``half`` is half the side of the even square in the plane's units; with ``quantiles`` the axes are those of the
 * prior's cumulative distribution. ``dots`` uint16 (n, 2), x and y from −half (0) to half (65,535), ``classes`` uint8
 * (n,); ``lattice`` is a PNG as data URL, ``side`` × ``side`` pictures from the top left. ``words`` is HTML.
 */
export interface Map {
  id: string;
  model: string;
  height: number;
  width: number;
  axes: string[];
  half: number;
  quantiles: boolean;
  origin: number[];
  basis: number[][];
  count: number;
  dots: string;
  classes: string;
  lattice: string;
  side: number;
  words: string;
}

/**
 * A posterior on the map: ``mean`` (d,), in the plane its ``centre`` (2,) and ``half_axes`` (2, 2) at 1 σ.
 *
 * ``points`` (k, 2) are codes drawn from it; ``pictures`` uint8 (k + 1, H, W) are painted from its mean and from them.
 * ``words`` is HTML.
 */
export interface Cloud {
  id: string;
  model: string;
  height: number;
  width: number;
  mean: number[];
  centre: number[];
  half_axes: number[][];
  points: number[][];
  pictures: string;
  words: string;
}

/**
 * A picture, or a grid of them. ``cells`` is n or 1, ``frames`` T or 1; ``data`` uint8 (frames, cells, H, W, C).
 *
 * ``packed``: ``data`` holds one bit a pixel (0 or 255), eight in a byte, the first in the highest bit.
 * ``reveal``: uint16 (cells, H, W), the step from which on a pixel is shown, :data:`NEVER` for none.
 */
export interface Panel {
  title: string;
  room: 'read' | 'write' | 'vae' | 'pixel' | 'glimpse' | 'plain';
  cells: number;
  height: number;
  width: number;
  channels: number;
  frames: number;
  data: string;
  map: 'grey' | 'room';
  packed?: boolean;
  reveal?: string;
  labels?: string[];
  heads?: Heads;
  groups?: Group[];
}

/**
 * ``data`` float32 of ``shape`` (T or 1, n or 1, 5): centre x, y, width, height in px, precision in 1/px.
 *
 * NaN: no mark at that step. Infinite precision: a hard border. ``path``: a line joins the centres so far.
 */
export interface MarkTrack {
  panel: number;
  kind: string;
  shape: number[];
  data: string;
  path?: boolean;
}

/**
 * ``data`` float32 (bars, n). Step t belongs to bar floor(t · bars / T).
 *
 * ``most`` fills the height; by default it is the largest bar.
 */
export interface Cost {
  label: string;
  unit: string;
  bars: number;
  data: string;
  most?: number;
}

/**
 * What the narrator says; ``[[name]]`` stands for a value at the step and the selected cell.
 *
 * ``bars`` stand below each other, the fullest one emphasised: probabilities of things that exclude each other.
 */
export interface Note {
  title: string;
  html: string;
  rows: string[][];
  values: Record<string, Value | Words>;
  patches: Patch[];
  bar?: Bar;
  bars?: Bar[];
}

/**
 * A layer of a pixel model, or some alike: ``mask`` is A or B, ``side`` pixels wide; empty and 0 for none.
 */
export interface Layer {
  label: string;
  mask: string;
  side: number;
}

/**
 * How the pictures come again in Python: ``call`` on ``door``, which ``imports`` bring, and ``last``, its pictures.
 *
 * ``name`` is what the door is called there, ``model`` whose weights they are. The pictures are those of ``panel``, or
 * of several, at its last step, of a ``film`` those of all its steps. The call is given ``arrays`` as ``given[name]``.
 * Where painters answer one after the other, the call is made once ``each``: for these words behind Python's ``for``.
 */
export interface Again {
  model: string;
  imports: string;
  name: string;
  door: string;
  call: string;
  last: string;
  panel: number | number[];
  film: boolean;
  arrays: Record<string, Given>;
  each?: string;
}

/**
 * One model's answer. ``heat`` (H, W) 0–255 and ``kind`` (H, W) as base64; without them it is yet to be asked for.
 *
 * ``count`` stands below the small picture, ``html`` beside the large one; ``alarm`` sets both in the alarm's colour.
 */
export interface View {
  key: string;
  title: string;
  count: string;
  html: string;
  alarm: boolean;
  heat?: string;
  kind?: string;
}

/**
 * What stands before each row and above each column of a grid that is a table.
 */
export interface Heads {
  rows: string[];
  columns: string[];
}

/**
 * A line in a grid before the cell ``at``: what stands from there on.
 */
export interface Group {
  at: number;
  title: string;
}

/**
 * A number for the note: ``data`` float32 of ``shape`` (T or 1, n or 1); an axis of 1 holds for all. NaN: none.
 */
export interface Value {
  shape: number[];
  data: string;
  digits: number;
  percent?: boolean;
}

/**
 * A choice of words for the note: ``index`` uint8 of ``shape`` (T or 1, n or 1) into ``words``.
 */
export interface Words {
  shape: number[];
  words: string[];
  index: string;
}

/**
 * A small picture beside the note: ``data`` uint8 (T, n or 1, height, width, channels).
 *
 * ``room`` is the colour of the window that it belongs to, where it belongs to one.
 */
export interface Patch {
  title: string;
  room?: 'read' | 'write' | 'vae' | 'pixel' | 'glimpse' | 'plain' | 'read' | 'write' | 'pixel' | 'row' | 'glimpse';
  height: number;
  width: number;
  channels: number;
  data: string;
}

/**
 * A horizontal bar from 0 to 1, fed by the value of that name.
 */
export interface Bar {
  value: string;
  label: string;
}

/**
 * An array that a painting was given: ``data`` of ``shape``, of NumPy's type ``kind``.
 */
export interface Given {
  shape: number[];
  kind: string;
  data: string;
}
