"use strict";

// One more point without leaving the page; without scripts the button asks the server for it.
document.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more]");
    if (!more) {
        return;
    }
    const form = more.closest("[data-points]");
    const count = form.querySelector("[data-count]");
    const at = Number(count.value);
    event.preventDefault();
    if (at >= Number(form.dataset.most)) {
        return;
    }
    const blank = form.querySelector("[data-blank]").innerHTML.replaceAll("__at__", at);
    const list = form.querySelector("[data-list]");
    list.insertAdjacentHTML("beforeend", blank);
    const added = list.lastElementChild;
    added.querySelector("legend").textContent = `异议点 ${at + 1}`;
    count.value = at + 1;
    more.disabled = at + 1 >= Number(form.dataset.most);
    tidy(added);
    added.querySelector("select").focus();
});

// What a ground does not ask for is not shown; what was written there stays.
function tidy(point) {
    const ground = point.querySelector("[data-field=ground] select");
    const other = point.querySelector("[data-field=other]");
    const claimed = point.querySelector("[data-field=claimed]");
    const target = point.querySelector("[data-field=target] select");
    other.hidden = ground.value !== "duplicate" && !other.querySelector(".bo-error");
    claimed.hidden = target.value.endsWith(":") && !claimed.querySelector("input").value && !claimed.querySelector(".bo-error");
}
document.addEventListener("change", (event) => {
    const point = event.target.closest("[data-point]");
    if (point) {
        tidy(point);
    }
});
document.querySelectorAll("[data-point]").forEach(tidy);

// The corrected value is asked for only with 更正.
function value(box) {
    const field = box.querySelector("[data-field=value]");
    const chosen = box.querySelector("[data-field=outcome] input:checked");
    if (field && box.querySelector("[data-field=outcome]")) {
        field.hidden = !(chosen && chosen.value === "corrected") && !field.querySelector(".bo-error");
    }
}
document.addEventListener("change", (event) => {
    const box = event.target.closest(".ca-fill");
    if (box) {
        value(box);
    }
});
document.querySelectorAll(".ca-fill").forEach(value);
