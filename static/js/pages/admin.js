/** The pages of Admin: they leave with the log-in, as all others do. */

import { leaves } from "../views/leave.js";

leaves();
