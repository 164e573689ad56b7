"use strict";

// Dialogs of verbs open from their buttons; Escape closes them, focus goes to the first question and back.
document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
        const dialog = document.getElementById(opener.dataset.dialog);
        if (dialog) {
            dialog.showModal();
            const first = dialog.querySelector("textarea, input:not([type=hidden]), select");
            (first || dialog.querySelector("[type=submit]")).focus();
        }
        return;
    }
    const closer = event.target.closest("[data-close-dialog]");
    if (closer) {
        closer.closest("dialog").close();
    }
});

// A verb is sent once: a second click while the answer is on its way does nothing.
document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches(".bo-verb-form, .bo-card")) {
        return;
    }
    if (form.dataset.sent) {
        event.preventDefault();
        return;
    }
    form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
    document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// A search for a full identity number is posted: an address would stay in histories and logs.
document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("method")?.toLowerCase() !== "get") {
        return;
    }
    const number = /(^|[^0-9A-Za-z])\d{17}[\dXx]($|[^0-9A-Za-z])/;
    const typed = [...form.querySelectorAll("input")].some((one) => number.test(one.value.normalize("NFKC")));
    if (typed) {
        form.setAttribute("action", `${window.location.pathname}?_search=1`);
        form.setAttribute("method", "post");
    }
});

// A full number is covered again after a while, and when the page is left in the background.
for (const shown of document.querySelectorAll("[data-covers-after]")) {
    const cover = () => {
        shown.textContent = shown.dataset.cover;
    };
    window.setTimeout(cover, Number(shown.dataset.coversAfter) * 1000);
    window.addEventListener("pagehide", cover);
}

// Arrow keys turn the pages of a list, unless something is being typed or a dialog is open.
document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) {
        return;
    }
    if (event.target.closest("input, textarea, select, [contenteditable], dialog, [role=listbox]")) {
        return;
    }
    const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    const link = rel && document.querySelector(`.bo-pages a[rel=${rel}]`);
    if (link) {
        event.preventDefault();
        link.click();
    }
});

// The theme's scroll bars name themselves in English; they are made when the page is ready.
window.addEventListener("load", () => {
    for (const box of document.querySelectorAll('[aria-label="scrollable content"]')) {
        box.setAttribute("aria-label", "可滚动内容");
    }
});
