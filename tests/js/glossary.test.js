import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finder, TERMS } from '../../viz/widgets/address/terms.js';

/** The terms that are found in a text, as they stand there. @param {[string, string][]} terms */
const found = (terms, unspaced, text) => [...text.matchAll(finder(terms, unspaced).any)].map(([word]) => word);

test('every term stands once in the glossary and is explained in one or two short sentences', () => {
  const forms = TERMS.map(([form]) => form.toLowerCase());
  assert.equal(new Set(forms).size, forms.length);
  for (const [form, says] of TERMS) {
    assert.match(says, /\.$/, form);
    assert.ok(says.split(/\s+/).length <= 30, form);
  }
  assert.ok(TERMS.length >= 35);
});

test('in English a term is a whole word in one of its forms, and a longer term is found first', () => {
  const text = 'A training digit costs 3 nats, its autoencoder encodes codes; a Glimpse, two glimpses, KL divergence.';
  const words = ['training digit', 'nats', 'autoencoder', 'codes', 'Glimpse', 'glimpses', 'KL divergence'];
  assert.deepEqual(found(TERMS, false, text), words);
});

const CHINESE = /** @type {[string, string][]} */ ([
  ['编码', 'code'],
  ['编码器|encoders?', 'encoder'],
  ['KL(?: 散度)?', 'KL'],
  ['纳特|nats?', 'nat'],
  ['LSTM', 'LSTM'],
]);

test('between Chinese words there need be nothing, and Latin terms are found among them', () => {
  const text = '编码器给出编码，KL散度与KL 散度都以纳特计；LSTM记住它，用 LSTM 的 nats。';
  const words = ['编码器', '编码', 'KL', 'KL 散度', '纳特', 'LSTM', 'LSTM', 'nats'];
  assert.deepEqual(found(CHINESE, true, text), words);
  assert.deepEqual(found(CHINESE, true, 'MyLSTM, SKLearn, gnats'), []);
});

test('a word of any form belongs to its term, and a part of one to none', () => {
  const { termOf } = finder(CHINESE, true);
  assert.deepEqual(['nat', '纳特', 'kl 散度', '编码', '编码器', '码'].map(termOf), [3, 3, 2, 0, 1, -1]);
});
