/** The log-in page tells the other tabs that nobody is logged in, and forgets what this tab has kept. */

import { tellEnded } from "../views/leave.js";
import { forget } from "../views/list-order.js";

forget();
tellEnded();
