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

// The theme writes the name of a chosen file into the first text field around it, which on these forms is somebody's name or a
// reason; plain file fields show the name themselves, so that its listener never hears of them.
document.addEventListener(
    "change",
    (event) => {
        if (event.target.matches("input[type=file].ca-file")) {
            event.stopPropagation();
        }
    },
    true,
);
