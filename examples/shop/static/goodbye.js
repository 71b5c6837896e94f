import { withPasserby } from "./tracking.js";

withPasserby((p) => p.reset());
