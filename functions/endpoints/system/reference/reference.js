"use strict";

/* Shows openapi.json in Swagger UI. Its filter looks for a tag; ours for words in path, method, name and text. */

const place = document.getElementById("reference");

function matches(operation, words) {
  const about = operation.get("operation");
  const text = ["path", "method"].map((name) => operation.get(name))
    .concat(["operationId", "summary", "description"].map((name) => about.get(name) || ""))
    .join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

const search = {
  fn: {
    opsFilter: (groups, phrase) => {
      const words = phrase.toLowerCase().split(/\s+/).filter(Boolean);
      return groups
        .map((group) => group.update("operations", (operations) => operations.filter((one) => matches(one, words))))
        .filter((group) => group.get("operations").size > 0);
    },
  },
};

window.ui = window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  plugins: [search],
  deepLinking: true,
  filter: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  displayOperationId: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  validatorUrl: null,
});
