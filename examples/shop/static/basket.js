// The basket, which lives in this browser. Storage may be blocked: then it is empty, and the shop goes on.

const KEY = "kiln-basket";

export function lines() {
  try {
    const stored = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(stored) ? stored : [];
  } catch {
    return [];
  }
}

export function add(line) {
  keep([...lines(), line]);
}

export function empty() {
  keep([]);
}

function keep(list) {
  try {
    localStorage.setItem(KEY, JSON.stringify(list));
  } catch {
    // Blocked or full.
  }
  showCount();
}

function showCount() {
  document.getElementById("basket-count").textContent = String(lines().length);
}

showCount();
addEventListener("storage", showCount);
addEventListener("pageshow", showCount);
