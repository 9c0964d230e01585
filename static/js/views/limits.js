/** Reads the limits of the settings from the page. */

import { limits } from "../lib/limits.js";

/** Fills the limits from the attributes of the body; a limit that the page does not name stays as it is. */
export function limited() {
  const { slow, verySlow, open } = document.body.dataset;
  for (const [name, value] of Object.entries({ slow, verySlow, open }))
    if (value) Object.assign(limits, { [name]: Number(value) });
}
