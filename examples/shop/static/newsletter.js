import { withPasserby } from "./tracking.js";

const form = document.getElementById("newsletter-form");
const thanks = document.getElementById("newsletter-thanks");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const email = form.elements.email.value.trim();
  withPasserby((p) => p.identify({ email }));
  form.hidden = true;
  thanks.textContent = `Thank you. The next letter goes to ${email}.`;
  thanks.focus();
});

// Only now: without this script the browser would put the address into the address bar.
form.querySelector("button").disabled = false;
