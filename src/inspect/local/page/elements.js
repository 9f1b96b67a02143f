// Small helpers around the document.

const SVG = 'http://www.w3.org/2000/svg';

/** The element with an id; it is in the page. @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

/**
 * An element with a class and a text.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {string} [className] @param {string} [text]
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, className = '', text = '') {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  if (text !== '') made.textContent = text;
  return made;
}

/**
 * An SVG element.
 * @param {string} tag @param {Record<string, string | number>} attributes @param {string} [text]
 */
export function svg(tag, attributes, text = '') {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== '') made.textContent = text;
  return made;
}

/** Sets a text where it is another, so that nothing is laid out, or read out, for nothing. @param {Element} target @param {string} text */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** Makes the children of `parent` these, in this order, and moves none that stands right. @param {Element} parent @param {readonly Element[]} children */
export function setChildren(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, index) => {
    const there = parent.children[index];
    if (there !== child) parent.insertBefore(child, there ?? null);
  });
}

/** A button that is pressed or not. @param {string} id @param {(isPressed: boolean) => void} changed */
export function toggle(id, changed) {
  const button = byId(id);
  button.addEventListener('click', () => {
    const isPressed = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(isPressed));
    changed(isPressed);
  });
  return button;
}
