"use strict";

// The batch page follows its check and shows the outcome when it has ended. Without scripts the page reloads itself.
const check = document.querySelector("[data-progress]");
if (check) {
    const text = check.querySelector("[data-progress-text]");
    const bar = check.querySelector("progress");
    const wasSilent = check.classList.contains("in-silent");
    const ask = async () => {
        let wait = 1000;
        try {
            const answer = await fetch(check.dataset.progress, { headers: { Accept: "application/json" } });
            if (answer.redirected || !answer.ok) {
                throw new Error(answer.status);
            }
            const now = await answer.json();
            if (now.state !== "uploaded" || now.silent !== wasSilent) {
                window.location.reload();
                return;
            }
            const total = now.total ? ` / ${now.total.toLocaleString()}` : "";
            text.textContent = now.done ? `已检查 ${now.done.toLocaleString()}${total} 行` : now.step;
            if (now.percent !== null) {
                bar.value = now.percent;
            }
        } catch {
            wait = 5000;
        }
        window.setTimeout(ask, wait);
    };
    window.setTimeout(ask, 1000);
}

// The upload page says at once what the server would refuse, so that nobody sends 200 MB in vain.
const upload = document.querySelector("[data-upload]");
if (upload) {
    const input = upload.querySelector("input[type=file]");
    const drop = upload.querySelector(".in-drop");
    const chosen = upload.querySelector("[data-chosen]");
    const error = upload.querySelector("[data-file-error]");
    const button = upload.querySelector("[type=submit]");
    const largest = Number(upload.dataset.largest);
    const label = button.textContent;
    upload.classList.add("in-scripted");
    // The theme's own listener looks for a text field of its own making beside every file field, and fails without.
    input.hasChangeListener = true;

    const look = () => {
        const file = input.files[0];
        error.textContent = "";
        chosen.textContent = "";
        if (!file) {
            return false;
        }
        const size = file.size < 1048576 ? `${Math.ceil(file.size / 1024)} KB` : `${(file.size / 1048576).toFixed(1)} MB`;
        chosen.textContent = `${file.name}(${size})`;
        if (file.size === 0) {
            error.textContent = "文件是空的，请检查后重新选择。";
        } else if (file.size > largest) {
            error.textContent = "文件超过100MB上限，请拆分后分批上传。";
        } else {
            return true;
        }
        return false;
    };
    input.addEventListener("change", look);
    for (const name of ["dragenter", "dragover"]) {
        drop.addEventListener(name, (event) => {
            event.preventDefault();
            drop.classList.add("in-over");
        });
    }
    drop.addEventListener("dragleave", () => drop.classList.remove("in-over"));
    drop.addEventListener("drop", (event) => {
        event.preventDefault();
        drop.classList.remove("in-over");
        if (event.dataTransfer.files.length) {
            input.files = event.dataTransfer.files;
            look();
        }
    });
    upload.addEventListener("submit", (event) => {
        if (input.files.length && !look()) {
            event.preventDefault();
            input.focus();
            return;
        }
        // Not before the form has been sent: a disabled button is no obstacle to it then.
        window.setTimeout(() => {
            button.disabled = true;
            button.textContent = "正在上传…";
        }, 0);
    });
    window.addEventListener("pageshow", () => {
        button.disabled = false;
        button.textContent = label;
    });
}
