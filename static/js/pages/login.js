/** The log-in page tells the other tabs that nobody is logged in. */

import { tellEnded } from "../views/leave.js";

tellEnded();
