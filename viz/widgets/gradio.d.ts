/** What Gradio gives to the script of a `gr.HTML`; `Props` are its value and the other arguments that it was made with. */
export interface Gradio<Props> {
  element: HTMLElement;
  /** Sends an event to Python, where it is `COMPONENT.NAME(handler)`. */
  trigger: (event: string, data?: object) => void;
  /** Setting `value` sends it back to Python. */
  props: Props;
  /** The `server_functions`, which arrive in Python as one list of arguments. */
  server: Record<string, (...given: any[]) => Promise<any>>;
  upload: (file: File) => Promise<{ path: string; url: string }>;
  /** Calls `act` when Python, not the page, has changed the named props. */
  watch: (names: string | string[], act: () => void) => void;
}

/** What a player says on `window` as `easel:step`, and leaves on its element as `easelStep` for who comes later. */
export interface Step {
  player: string;
  step: number;
  cell: number;
  value: import('./payload.d.ts').Player | null;
  playing: boolean;
}

/** An element on which a widget leaves its last word for those that mount later. */
export interface Widget extends HTMLElement {
  easelStep?: Step;
  easelCloud?: import('./payload.d.ts').Cloud;
}
