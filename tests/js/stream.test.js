import assert from 'node:assert/strict';
import { test } from 'node:test';
import { patched } from '../../viz/widgets/address/stream.js';

const AT = 'http://here/gradio_api/queue';
const line = (msg, id) => `data: ${JSON.stringify({ msg, event_id: id })}\n\n`;
const CLOSE = line('close_stream', null);

/** A server: each stream it is asked for says the next of `streams`; a join is answered when `joined` lets it. */
function server(streams, joined = () => Promise.resolve('b')) {
  const asked = [];
  const plain = async (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname.split('/').at(-1));
    if (pathname.endsWith('join')) return Response.json({ event_id: await joined() });
    return new Response(streams.shift() ?? '');
  };
  return { asked, fetch: patched(plain) };
}

test('a stream that closes while something is asked for goes on, and its reader hears of no end', async () => {
  let let_in = () => {};
  const gate = new Promise((go) => {
    let_in = () => go('b');
  });
  const { asked, fetch } = server(
    [line('process_completed', 'a') + CLOSE, line('process_completed', 'b') + CLOSE],
    () => gate,
  );
  const joining = fetch(`${AT}/join`, { method: 'POST', body: '{}' });
  const answers = await fetch(`${AT}/data?session_hash=s`);
  setTimeout(let_in, 10);
  const text = await answers.text();
  assert.equal(text, line('process_completed', 'a') + line('process_completed', 'b') + CLOSE);
  assert.deepEqual(asked, ['join', 'data', 'data']);
  await joining;
});

test('a stream closes when nothing is asked for', async () => {
  const { asked, fetch } = server([line('process_completed', 'a') + CLOSE]);
  const answers = await fetch(`${AT}/data?session_hash=s`);
  assert.equal(await answers.text(), line('process_completed', 'a') + CLOSE);
  assert.deepEqual(asked, ['data']);
});

test('who asks when the stream has closed hears that he may only when the client has seen that it closed', async () => {
  const { fetch } = server([CLOSE]);
  const end = new AbortController();
  const answers = await fetch(`${AT}/data?session_hash=s`, { signal: end.signal });
  await answers.text();
  let heard = false;
  const joining = fetch(`${AT}/join`, { method: 'POST', body: '{}' }).then(() => {
    heard = true;
  });
  await new Promise((go) => setTimeout(go, 40));
  assert.equal(heard, false);
  end.abort();
  await joining;
});

test('other requests and refusals pass as they are', async () => {
  const fetch = patched(async () => new Response('no', { status: 404 }));
  assert.equal((await fetch(`${AT}/data`)).status, 404);
  assert.equal(await (await fetch('http://here/config')).text(), 'no');
});
