// @ts-check
// The glossary: each term in all the forms in which it stands on the page, and one sentence that explains it.

import { say } from '../say.js';

/** Forms are patterns; a language that needs several puts | between them. @type {[string, string][]} */
export const TERMS = [
  [
    say('nats?'),
    say('A unit of surprise. What has probability p costs −ln p nats; a coin’s toss costs 0.69 nats, which is 1 bit.'),
  ],
  [say('bits?'), say('A unit of surprise: what a coin’s toss costs. 1 bit is 0.69 nats.')],
  [say('latents?'), say('A hidden number behind a picture. The decoder paints from the latents alone.')],
  [say('codes?'), say('The numbers that stand for a picture. The decoder paints from them alone.')],
  [say('encoders?'), say('The part of a network that looks at a picture and says which codes may stand for it.')],
  [say('decoders?'), say('The part of a network that turns a code into a picture.')],
  [say('priors?'), say('How codes are spread before any picture was seen: here a bell curve of width 1 around 0.')],
  [say('posteriors?'), say('Which codes are likely once a picture, or a part of it, is known.')],
  [say('KL(?: divergence)?'), say('What a code costs: the nats by which it stands out from the prior.')],
  [
    say('ELBO'),
    say('A bound on the price of a picture: the nats of its code and of its pixels. The true price is not higher.'),
  ],
  [say('bounds?'), say('A figure that the true price cannot be above.')],
  [say('likelihoods?'), say('The probability that a model gives to a picture.')],
  [say('autoencoders?'), say('An encoder and a decoder that learn together to bring pictures back.')],
  [say('samples?'), say('Something drawn by chance, as often as the model says that it is likely.')],
  [say('noise'), say('Random numbers. The same seed gives the same noise, and so the same picture.')],
  [say('seeds?'), say('A number that fixes all chance: the same seed paints the same picture.')],
  [say('temperature'), say('Below 1, likely things get likelier; above 1, chance gets more say.')],
  [say('canvas'), say('DRAW’s paper: every stroke adds ink to it, or takes some away.')],
  [say('strokes?'), say('One round of DRAW: look, remember, draw numbers, write.')],
  [say('attention'), say('Choosing a small window in which to look or to write.')],
  [say('glimpses?'), say('What is read in one look through a window.')],
  [say('filterbanks?'), say('A row of soft, bell-shaped filters. Each reads the mean around its centre.')],
  [say('stride'), say('The distance from one filter of a window to the next, in pixels.')],
  [say('variance'), say('How wide each filter is: small is sharp, large is blurred.')],
  [say('LSTM'), say('A network with a memory that is carried from step to step.')],
  [say('logits?'), say('A probability on a scale without ends: 0 means one half, 4 means 98 %.')],
  [say('convolutions?'), say('The same small filter, moved over the whole picture.')],
  [
    say('masks?'),
    say('What hides a filter’s view of pixels that come later: mask A the pixel itself, too, mask B not.'),
  ],
  [say('receptive fields?'), say('All pixels that one pixel’s probability can depend on.')],
  [say('blind spots?'), say('Earlier pixels that a network can never see, however deep it is.')],
  [say('gradients?'), say('How much a result changes if one number changes a little.')],
  [
    say('particle filters?'),
    say('Many paintings at once: those that do not fit what is known are dropped, those that fit are copied.'),
  ],
  [say('effective sample size'), say('How many equal samples a set of weighed ones is worth.')],
  [say('standard error'), say('How far a mean of samples may easily be from the true one.')],
  [say('parameters?'), say('The numbers of a network that training has set.')],
  [say('training digits?'), say('A digit from which the networks have learned. Test digits were kept apart.')],
  [say('MNIST'), say('A collection of 70,000 handwritten digits, 28 × 28 pixels each.')],
];

/**
 * What finds the terms in a text, longer ones first, so that "training digit" is not found as "digit".
 * @param {[string, string][]} terms
 * @param {boolean} unspaced whether nothing stands between the words of the language; Latin terms still stand apart
 */
export function finder(terms, unspaced) {
  const edge = (/** @type {string} */ form) => (unspaced && !/^\w/.test(form) ? form : `\\b${form}(?!\\w)`);
  const split = terms.map(([forms]) => forms.split('|'));
  const any = split
    .flat()
    .sort((a, b) => b.length - a.length)
    .map(edge)
    .join('|');
  const whole = split.map((forms) => new RegExp(`^(?:${forms.join('|')})$`, 'i'));
  return {
    any: new RegExp(any, 'gi'),
    /** Which term a word is, −1 for none. @param {string} word */
    termOf: (word) => whole.findIndex((form) => form.test(word)),
  };
}
