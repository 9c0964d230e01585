/** The few things that every view does with the document. */

export const element = (name, more = {}) => Object.assign(document.createElement(name), more);

/** The element with that id, of which the page's template knows. */
export const byId = (id) => document.getElementById(id);

/** Writes a text that has changed; an equal one is left alone, so that nothing flickers and a selection stays. */
export function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}
