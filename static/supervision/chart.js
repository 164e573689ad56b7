"use strict";

// A block of its own: pages of cases load a script with the same names.
{
    // On paper the table stands behind its picture; on the screen it is as the reader left it.
    const opened = [];

    window.addEventListener("beforeprint", () => {
        for (const table of document.querySelectorAll("details.su-chart-table:not([open])")) {
            table.open = true;
            opened.push(table);
        }
    });

    window.addEventListener("afterprint", () => {
        while (opened.length) {
            opened.pop().open = false;
        }
    });
}
