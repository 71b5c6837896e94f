// What a self-hoster of Plausible's tracker writes into the bundle of the site.
import { init, track } from "@plausible-analytics/tracker";

init(window.plausibleOptions);
window.plausible = track;
