/** What all views do with elements. */

/** @typedef {any} Dom an element of the page: the template, and not the type checker, says that it is there */

/**
 * @param {string} name
 * @param {Record<string, any>} [more]
 * @returns {any}
 */
export const element = (name, more = {}) => Object.assign(document.createElement(name), more);

/**
 * The element with that id.
 * @param {string} id
 * @returns {any}
 */
export const byId = (id) => document.getElementById(id);

/**
 * Sets the text of a node. An equal text is not written, so that nothing flickers and a selection stays.
 * @param {Node | null} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}
