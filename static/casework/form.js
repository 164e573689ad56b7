"use strict";

// After a mistake the first wrong field; else what was asked to be shown.
const wrong = document.querySelector(".cr-faulty input, .cr-faulty select, .cr-faulty textarea");
if (wrong) {
    wrong.focus();
} else {
    const preview = document.getElementById("preview");
    if (preview) {
        preview.scrollIntoView({ block: "start" });
    }
}
