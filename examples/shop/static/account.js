import { withPasserby } from "./tracking.js";

const { userId, traits, justSignedUp } = document.body.dataset;

withPasserby((p) => {
  p.identify(userId, JSON.parse(traits));
  if (justSignedUp !== undefined) p.track("signed_up", { plan: JSON.parse(traits).plan });
});
