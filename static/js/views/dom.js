/** The few things that every view does with the document. */

/** @typedef {any} Dom an element of the page: the template, and not the type checker, says that it is there */

/**
 * @param {string} name
 * @param {Record<string, any>} [more]
 * @returns {any}
 */
export const element = (name, more = {}) => Object.assign(document.createElement(name), more);

/**
 * The element with that id, of which the page's template knows.
 * @param {string} id
 * @returns {any}
 */
export const byId = (id) => document.getElementById(id);

/**
 * Writes a text that has changed; an equal one is left alone, so that nothing flickers and a selection stays.
 * @param {Node | null} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}
