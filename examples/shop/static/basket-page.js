import { empty, lines } from "./basket.js";

const element = (id) => document.getElementById(id);

function show() {
  const list = lines();
  element("basket-lines").replaceChildren(...list.map(row));
  element("basket-total").textContent = `€${list.reduce((sum, line) => sum + line.price, 0)}`;
  element("basket-empty").hidden = list.length > 0;
  element("basket-full").hidden = list.length === 0;
}

function row(line) {
  const item = document.createElement("li");
  const price = document.createElement("span");
  price.textContent = `€${line.price}`;
  item.append(line.name, price);
  return item;
}

element("empty-basket").addEventListener("click", () => {
  empty();
  show();
});
addEventListener("storage", show);
show();
