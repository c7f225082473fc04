// @ts-check
// Gradio's answers come in a stream that the server closes when nothing is asked any more. Whatever a page asks for in
// that very moment was never answered: its client takes the stream for open until it has read that it closes. Here the
// stream goes on behind its back while something is asked for, and closes when nothing is.

const STREAM = '/queue/data';
const JOIN = '/queue/join';
const MOST = 2000; // ms that an answer to "may I ask?" is held back until the client has seen that its stream is closed
const pause = () => new Promise((go) => setTimeout(go, 4));

/** The messages of a stream, each with the empty line that ends it. @param {Response} response */
async function* messages(response) {
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    text += decoder.decode(value, { stream: !done });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      yield text.slice(0, end + 2);
      text = text.slice(end + 2);
    }
    if (done) return;
  }
}

/** What a message says. @param {string} message @returns {{msg?: string, event_id?: string | null}} */
function said(message) {
  try {
    return JSON.parse(message.replace(/^data:/, ''));
  } catch {
    return {};
  }
}

/**
 * `fetch` with streams of answers that lose nothing.
 * @param {typeof fetch} plain
 * @returns {typeof fetch}
 */
export function patched(plain) {
  /** Asked for and not answered. @type {Set<string>} */
  const open = new Set();
  /** Answered before it was said that it may be asked. @type {Set<string>} */
  const early = new Set();
  let asking = 0;
  /** @type {{signal: AbortSignal, closed: boolean} | null} */
  let stream = null;

  /** @param {Request} request */
  async function join(request) {
    asking += 1;
    try {
      const response = await plain(request);
      const { event_id: id } = response.ok ? await response.clone().json() : {};
      if (id && !early.delete(id)) open.add(id);
      const since = performance.now();
      while (stream?.closed && !stream.signal.aborted && performance.now() - since < MOST) await pause();
      return response;
    } finally {
      asking -= 1;
    }
  }

  /** @param {Request} request */
  async function listen(request) {
    const first = await plain(request.clone());
    if (!first.ok || !first.body) return first;
    const mine = { signal: request.signal, closed: false };
    stream = mine;
    const encoder = new TextEncoder();
    const body = new ReadableStream({
      async start(controller) {
        try {
          let again = true;
          for (let response = first; again && response.ok; response = again ? await plain(request.clone()) : response) {
            again = false;
            for await (const message of messages(response)) {
              const { msg, event_id: id } = said(message);
              if (msg === 'close_stream') {
                while (asking) await pause();
                again = open.size > 0;
                mine.closed = !again;
              }
              if (msg === 'process_completed' && id && !open.delete(id)) early.add(id);
              if (!again) controller.enqueue(encoder.encode(message));
            }
          }
          controller.close();
        } catch (error) {
          open.clear();
          controller.error(error);
        }
      },
    });
    return new Response(body, { status: first.status, headers: first.headers });
  }

  return (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    if (pathname.endsWith(STREAM)) return listen(request);
    return pathname.endsWith(JOIN) ? join(request) : plain(input, init);
  };
}

if (typeof window !== 'undefined') window.fetch = patched(window.fetch.bind(window));
