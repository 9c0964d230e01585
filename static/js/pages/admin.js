/** The pages of Admin end with the log-in, as all others do. */

import { leaves } from "../views/leave.js";

leaves();
