/** What all views do with elements. */

/**
 * The first element in `root` that the selector finds. Throws where there is none, or none of that kind: the template
 * and the script then disagree.
 * @template {Element} [T=HTMLElement]
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => T} [kind] by default HTMLElement
 */
export const find = (root, selector, kind) => sure(root.querySelector(selector), selector, kind);

/**
 * The element of the page with that id; throws as find() does.
 * @template {Element} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [kind]
 */
export const byId = (id, kind) => sure(document.getElementById(id), `#${id}`, kind);

/**
 * @template {Element} T
 * @param {Element | null} found
 * @param {string} selector
 * @param {new () => T} [kind]
 */
function sure(found, selector, kind) {
  if (!(found instanceof (kind ?? HTMLElement))) throw new Error(`there is no ${kind?.name ?? "element"} ${selector}`);
  return /** @type {T} */ (found);
}

/**
 * The elements in `root` that the selector finds.
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {Iterable<HTMLElement>}
 */
export const findAll = (root, selector) => root.querySelectorAll(selector);

/**
 * A new element.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Partial<Omit<HTMLElementTagNameMap[Name], "dataset" | "children">>} [more] its properties
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, more = {}, ...children) {
  const made = Object.assign(document.createElement(name), more);
  made.append(...children);
  return made;
}

/**
 * The element around an event's target that the selector finds.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export const around = ({ target }, selector) => (target instanceof Element ? target.closest(selector) : null);

/**
 * Sets the text of a node. An equal text is not written, so that nothing flickers and a selection stays.
 * @param {Node | null} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

/**
 * Sets the text of a node, inside a link where there is an address.
 * @param {HTMLElement} node
 * @param {string} words
 * @param {string} [href]
 */
export function setLink(node, words, href) {
  const held = node.querySelector("a");
  if (!href) {
    if (held) node.replaceChildren(words);
    else setText(node, words);
    return;
  }
  const link = held ?? element("a");
  if (link.getAttribute("href") !== href) link.href = href;
  setText(link, words);
  if (!held) node.replaceChildren(link);
}

/**
 * Sets a data attribute. An equal value is not written.
 * @param {HTMLElement} node
 * @param {string} key
 * @param {string} value
 */
export function setData(node, key, value) {
  if (node.dataset[key] !== value) node.dataset[key] = value;
}

/**
 * Gives `host` one child for each row: make(row) makes it, fill(child, row) writes it. Children are reused, so that
 * nothing flickers.
 * @template Row
 * @template {HTMLElement} Child
 * @param {HTMLElement} host
 * @param {Row[]} rows
 * @param {(row: Row) => Child} make
 * @param {(child: Child, row: Row) => void} fill
 */
export function each(host, rows, make, fill) {
  while (host.children.length > rows.length) host.lastElementChild?.remove();
  rows.forEach((row, i) => {
    const child = /** @type {Child | undefined} */ (host.children[i]);
    fill(child ?? host.appendChild(make(row)), row);
  });
}
