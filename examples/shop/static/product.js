import { add } from "./basket.js";
import { withPasserby } from "./tracking.js";

const product = JSON.parse(document.body.dataset.product);
const note = document.getElementById("basket-note");

withPasserby((p) => p.track("product_viewed", product));

document.getElementById("add-to-basket").addEventListener("click", () => {
  const { product: slug, name, price, currency } = product;
  add({ product: slug, name, price, currency });
  note.textContent = `${name} is in your basket.`;
  withPasserby((p) => p.track("added_to_basket", { product: slug, price, currency }));
});
