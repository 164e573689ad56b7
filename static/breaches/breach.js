"use strict";

// Measures that the list does not allow for the degree chosen cannot be ticked; the server judges it again.
const degrees = document.querySelectorAll("input[name=degree]");
const measures = document.querySelectorAll(".br-ticks [data-allowed]");

function follow() {
    const chosen = document.querySelector("input[name=degree]:checked");
    const none = document.querySelector("input[name=outcome][value=not_broken]:checked");
    for (const measure of measures) {
        const tick = measure.querySelector("input");
        const allowed = !none && chosen && measure.dataset.allowed.split(" ").includes(chosen.value);
        tick.disabled = !allowed;
        measure.classList.toggle("br-off", !allowed);
    }
    for (const degree of degrees) {
        degree.disabled = Boolean(none);
    }
}

for (const one of document.querySelectorAll("input[name=degree], input[name=outcome]")) {
    one.addEventListener("change", follow);
}
follow();
