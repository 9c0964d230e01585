/** The pages of Admin end with the log-in, and have the theme of all others. */

import { copies } from "../views/copy.js";
import { byId } from "../views/dom.js";
import { leaves } from "../views/leave.js";
import { theme } from "../views/theme.js";

leaves();
copies(document);
if (document.getElementById("theme")) theme(byId("theme"));
