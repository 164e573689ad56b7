"use strict";

// 其他步骤 closes when something else is clicked, and with Escape; the way of the keyboard stays the browser's own.
document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".ca-more[open]")) {
        if (!open.contains(event.target) || event.target.closest("[data-dialog]")) {
            open.open = false;
        }
    }
});
document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector(".ca-more[open]");
    if (open) {
        open.open = false;
        open.querySelector("summary").focus();
    }
});

// Previous and next case by the keys [ and ], unless something is being typed.
document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select, dialog")) {
        return;
    }
    const rel = { "[": "prev", "]": "next" }[event.key];
    const link = rel && document.querySelector(`.ca-head a[rel=${rel}]`);
    if (link) {
        event.preventDefault();
        link.click();
    }
});

// On paper everything that belongs into the file is open.
const opened = [];
window.addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll("details[data-print-open]:not([open])")) {
        folded.open = true;
        opened.push(folded);
    }
});
window.addEventListener("afterprint", () => {
    while (opened.length) {
        opened.pop().open = false;
    }
});
