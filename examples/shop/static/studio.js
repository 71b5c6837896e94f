// The "design your own" section: one page, four addresses, no reload between them.

import { withPasserby } from "./tracking.js";

const KEY = "kiln-design";
const CHOICES = ["shape", "colour", "size"];
const design = { shape: "mug", colour: "sea", size: "medium", ...stored() };

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function keep() {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(design));
  } catch {
    // Blocked: the design lasts as long as the page.
  }
}

function input(name) {
  return document.querySelector(`input[name="${name}"][value="${CSS.escape(design[name])}"]`);
}

function showStep() {
  const path = location.pathname.replace(/\/$/, "");
  for (const section of document.querySelectorAll("[data-step]")) {
    section.hidden = section.dataset.step !== path;
    if (!section.hidden) document.title = `${section.dataset.title} | Studio | Kiln & Co`;
  }
  for (const link of document.querySelectorAll(".steps a")) {
    if (link.pathname === path) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  }
}

function showDesign() {
  for (const drawing of document.querySelectorAll("[data-shape]")) drawing.hidden = drawing.dataset.shape !== design.shape;
  document.getElementById("preview").className = `preview glaze-${design.colour} size-${design.size}`;
  for (const name of CHOICES) {
    input(name).checked = true;
    document.getElementById(`review-${name}`).textContent = input(name).closest("label").textContent.trim();
  }
  document.getElementById("design-note").textContent = "";
}

function follow(event) {
  const link = event.target.closest("a");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.pathname !== location.pathname) history.pushState(null, "", link.pathname);
  showStep();
}

function choose(event) {
  design[event.target.name] = event.target.value;
  keep();
  showDesign();
}

function save() {
  document.getElementById("design-note").textContent = "Saved. We will warm the kiln.";
  withPasserby((p) => p.track("design_saved", { ...design }));
}

for (const name of CHOICES) if (!input(name)) design[name] = document.querySelector(`input[name="${name}"]`).value;

const studio = document.getElementById("studio");
studio.addEventListener("click", follow);
studio.addEventListener("change", choose);
document.getElementById("save-design").addEventListener("click", save);
addEventListener("popstate", showStep);
showDesign();
showStep();
