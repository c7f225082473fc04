// Pinned pictures and the paths between them. It stands between latent_map_draw.js and latent_map.js.

const MOST_PINS = 12;

function pinAt(code) {
  if (state.pins.length + pinning.length >= MOST_PINS) {
    complain('pins', 'At most ' + MOST_PINS + ' pictures can be pinned: take one off.');
    return;
  }
  pinning.push({ code });
  fly();
}

function addPin(code, picture) {
  state.pins.push({ code, picture: develop(document.createElement('canvas'), picture, state.map.width, state.map.height) });
  listPins();
  say('Pinned picture ' + state.pins.length);
  refresh();
}

function button(text, label, act) {
  const node = document.createElement('button');
  Object.assign(node, { type: 'button', textContent: text, title: label });
  node.setAttribute('aria-label', label);
  node.addEventListener('click', act);
  return node;
}

function listPins() {
  if (state.pins.length < MOST_PINS) complain('pins', '');
  root.dataset.pins = state.pins.length;
  shelf.replaceChildren(...state.pins.map((pin, i) => {
    const item = document.createElement('li');
    const end = button('', 'Pin ' + (i + 1) + ': start or end of a path', () => choose(pin));
    end.className = 'end';
    end.setAttribute('aria-pressed', pin === chosen);
    end.append(pin.picture, String(i + 1));
    const off = button('×', 'Take pin ' + (i + 1) + ' off', () => {
      if (chosen === pin) chosen = null;
      state.pins = state.pins.filter((each) => each !== pin);
      listPins();
      refresh();
    });
    off.className = 'off';
    item.append(end, off);
    return item;
  }));
  find('.hint').hidden = state.pins.length > 1;
}

function choose(pin) {
  if (chosen && chosen !== pin) {
    const ends = [chosen.code, pin.code];
    chosen = null;
    state.path = ends;
    tell();
  } else chosen = chosen === pin ? null : pin;
  const place = state.pins.indexOf(pin);
  listPins();
  shelf.children[place]?.querySelector('.end').focus();
  refresh();
}

function tell() {
  root.dataset.path = state.path.length;
  trigger('path', Object.assign(report, { id: state.map.id, model: state.map.model, codes: state.path }));
}
