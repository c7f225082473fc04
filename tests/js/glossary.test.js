import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TERMS } from '../../viz/widgets/address/terms.js';

test('every term stands once in the glossary and is explained in one or two short sentences', () => {
  const forms = TERMS.map(([form]) => form.toLowerCase());
  assert.equal(new Set(forms).size, forms.length);
  for (const [form, says] of TERMS) {
    assert.match(says, /\.$/, form);
    assert.ok(says.split(/\s+/).length <= 30, form);
  }
  assert.ok(TERMS.length >= 35);
});
