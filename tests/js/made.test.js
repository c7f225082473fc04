// A teacher's lesson: all of it in one link, and nothing of it that could be anything else.
import assert from 'node:assert/strict';
import { test } from 'node:test';

globalThis.window = globalThis;
const { LONGEST, pack, packedLike, shown, takenIn, unpack, withTaken } = await import(
  '../../viz/widgets/lessons/made.js'
);

const step = (more) => ({ at: '/draw/?digit=13&cover=none&seed=1', title: '', text: '', ask: '', answer: '', ...more });
const eight = {
  title: 'Wie malt eine Maschine? 机器怎样画画？',
  steps: Array.from({ length: 8 }, (_, i) =>
    step({
      at: `/pixels/?tab=lens&digit=${i}&cover=none&seed=${i}&model=gated-pixelcnn-mnist&pixel=${i},14&hide=words,controls`,
      title: `Station ${i + 1}: what does it see?`,
      text: `Step ${i} has **a few sentences** that a teacher wrote, in words of their own, about ${'xyzuvwqr'[i].repeat(3)}. And a second one.`,
      ask: 'What do you expect?',
      answer: `It sees *nothing* of pixel ${i}.`,
    }),
  ),
};

test('a lesson of eight steps comes back from its link as it was, and the link is short enough for a chat', async () => {
  const packed = await pack(eight);
  assert.ok(packedLike(packed));
  assert.ok(packed.length + 60 < LONGEST, String(packed.length));
  assert.equal(encodeURIComponent(packed), packed);
  assert.deepEqual(await unpack(packed), eight);
});

test('a browser that cannot press it together makes and reads links, too', async () => {
  const { CompressionStream } = globalThis;
  delete globalThis.CompressionStream;
  const packed = await pack(eight);
  globalThis.CompressionStream = CompressionStream;
  assert.equal(packed[0], 'j');
  assert.deepEqual(await unpack(packed), eight);
});

test('a damaged link is no lesson', async () => {
  const packed = await pack(eight);
  for (const text of [packed.slice(0, -9), `z${packed.slice(9)}`, 'z', 'j', 'jAAAA', 'jW10'])
    assert.equal(await unpack(text), null, text.slice(0, 12));
  assert.ok(!packedLike('z<b>'));
});

test('a step leads into a room of this house and nowhere else', async () => {
  for (const at of [
    'https://example.org/',
    '//example.org/',
    '/../',
    '/lessons/',
    '/draw/?a="><script>',
    'javascript:0',
  ])
    assert.equal(await unpack(await pack({ title: '', steps: [step({ at })] })), null, at);
});

test('sentences become paragraphs, and no marks of theirs become elements', () => {
  const [{ html, task }] = shown({
    title: 'T',
    steps: [step({ text: 'a **b**\n\n<img src=x>', ask: '*?*', answer: '<b>' })],
  }).steps;
  assert.equal(html, '<p>a <b>b</b></p><p>&lt;img src=x&gt;</p>');
  assert.deepEqual(task, { kind: 'open', say: '<i>?</i>', answer: '&lt;b&gt;' });
});

test('what is taken away stands in the address of the step', () => {
  const at = withTaken('/draw/?digit=1,2', 'hide', ['words', 'digit']);
  assert.equal(at, '/draw/?digit=1,2&hide=words,digit');
  assert.deepEqual(takenIn(at, 'hide'), ['words', 'digit']);
  assert.equal(withTaken(at, 'hide', []), '/draw/?digit=1,2');
});
