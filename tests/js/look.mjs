/** Colours by their names, and the size of a card, for tests of charts. */

import { look as read } from "../../static/js/charts/colours.js";

export const look = read((name) => `colour(${name})`);
export const size = { width: 560, height: 240 };
