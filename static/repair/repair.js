"use strict";

// What the kind of application does not ask for is not shown; what was written there stays.
function kind(box) {
    const chosen = box.querySelector("[data-field=kind] input:checked");
    const shield = chosen !== null && chosen.value === "shield";
    for (const [group, shown] of [["rp-shield", shield], ["rp-repair", !shield]]) {
        for (const field of box.querySelectorAll(`.${group}`)) {
            field.hidden = !shown && !field.querySelector(".bo-error");
        }
    }
}
document.querySelectorAll("[data-kind]").forEach((box) => {
    kind(box);
    box.addEventListener("change", () => kind(box));
});

// The day is asked for only where the duties are done.
function finding(box) {
    const chosen = box.querySelector("[data-field=finding] input:checked");
    const day = box.querySelector("[data-field=fulfilled_on]");
    day.hidden = chosen !== null && chosen.value !== "fulfilled" && !day.querySelector(".bo-error");
}
document.querySelectorAll("[data-finding]").forEach((box) => {
    finding(box);
    box.addEventListener("change", () => finding(box));
});

// All lines that have no verdict yet in one click.
document.querySelectorAll("[data-materials]").forEach((form) => {
    const all = form.querySelector("[data-all]");
    all.hidden = false;
    all.addEventListener("click", () => {
        for (const group of form.querySelectorAll(".rp-states")) {
            if (!group.querySelector("input:checked")) {
                group.querySelector(`input[value=${all.dataset.all}]`).checked = true;
            }
        }
    });
});
